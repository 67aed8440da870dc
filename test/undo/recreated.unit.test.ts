import { describe, expect, test } from 'vitest';
import { INTENT_LABEL } from '../../src/undo/marks.ts';
import { renewedUids, uidNow } from '../../src/undo/renewed.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import { undoTarget } from '../../src/undo/target.ts';
import type { UndoStep } from '../../src/undo/types.ts';
import { configMap, owns } from './objects.ts';

const before = configMap({ mode: 'old' });
const after = configMap({ mode: 'new' });
const again = configMap({ mode: 'new' }, { uid: 'uid-2' });
const rest = { seq: 1, intentId: 'intent-1', post: undefined, postUid: undefined };
const patched: UndoStep = { ...rest, verb: 'patch', pre: before, post: after, postUid: 'uid-1' };
const created: UndoStep = {
  ...rest,
  verb: 'create',
  pre: undefined,
  post: configMap({ mode: 'new' }, { labels: { [INTENT_LABEL]: 'intent-1' } }),
  postUid: 'uid-1',
};
const deleted: UndoStep = { ...rest, verb: 'delete', pre: after };

describe('an undo of a delete that died after it had created the object again', () => {
  const restoring: UndoStep = { ...deleted, restoring: true };
  const target = (steps: readonly UndoStep[], now = again) =>
    undoTarget(steps, now, unknownShape, { hasStatus: true });

  test('the earlier change is taken out of the new object, under its own uid', () => {
    expect(target([patched, restoring])).toMatchObject({
      kind: 'replace',
      object: { data: { mode: 'old' }, metadata: { uid: 'uid-2' } },
    });
  });
  test('what was created before is deleted under its new uid', () => {
    expect(target([created, restoring])).toEqual({ kind: 'delete', uid: 'uid-2' });
  });
  test('something else of that name is a conflict', () => {
    const theirs = configMap({ mode: 'theirs' }, { uid: 'uid-9' });
    expect(target([patched, restoring], theirs)).toMatchObject({ kind: 'conflict' });
  });
  test('what others changed in it since is kept, once its uid is journaled', () => {
    const edited = configMap({ mode: 'new', more: 'theirs' }, { uid: 'uid-2' });
    const known: UndoStep = { ...restoring, postUid: 'uid-2' };
    expect(target([known], edited)).toMatchObject({ kind: 'done' });
    expect(target([patched, known], edited)).toMatchObject({
      kind: 'replace',
      object: { data: { mode: 'old', more: 'theirs' }, metadata: { uid: 'uid-2' } },
    });
    expect(target([restoring], edited)).toMatchObject({ kind: 'conflict' });
  });
  test.each([
    ['its uid is in the journal', { postUid: 'uid-2' }, 'other-writer'],
    ['its answer was lost, but it was made by our manager', {}, 'stratus-undo'],
  ])('what was made again and then edited by another one stays: %s', (_what, more, manager) => {
    const managedFields = [owns(manager, ['mode'])];
    const edited = configMap({ mode: 'new', note: 'x' }, { uid: 'uid-2', managedFields });
    expect(target([{ ...restoring, ...more }], edited)).toMatchObject({ kind: 'done' });
  });
  test('what another one made and edited is a conflict still', () => {
    const managedFields = [owns('team', ['mode'])];
    const theirs = configMap({ mode: 'new', note: 'x' }, { uid: 'uid-9', managedFields });
    expect(target([{ ...restoring, postUid: 'uid-2' }], theirs)).toMatchObject({
      kind: 'conflict',
    });
  });
  test('without an undo under way, an equal object of somebody else is kept', () => {
    expect(target([created, deleted])).toMatchObject({ kind: 'done' });
  });
});

test('a uid is followed through every recreate', () => {
  const step = (uid: string, postUid: string, more = {}) =>
    ({ verb: 'delete', state: 'UNDONE', uid, postUid, ...more }) as never;
  const renewed = renewedUids([
    step('a', 'b'),
    step('b', 'c'),
    step('x', 'y', { state: 'VERIFIED' }),
    step('x', 'z', { verb: 'patch' }),
  ]);
  expect(['a', 'b', 'c', 'x'].map((uid) => uidNow(uid, renewed))).toEqual(['c', 'c', 'c', 'x']);
});
