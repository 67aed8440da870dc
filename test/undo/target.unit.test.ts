import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/kube.ts';
import { INTENT_LABEL } from '../../src/undo/marks.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import { type Target, undoTarget } from '../../src/undo/target.ts';
import type { UndoStep } from '../../src/undo/types.ts';
import { configMap, owns } from './objects.ts';

const OPTIONS = { hasStatus: true };
const INTENT = 'intent-1';

const target = (steps: readonly Partial<UndoStep>[], now: KubeObject | undefined): Target =>
  undoTarget(
    steps.map((step, i) => ({
      seq: i + 1,
      verb: 'patch',
      intentId: `intent-${i + 1}`,
      pre: undefined,
      post: undefined,
      postUid: undefined,
      ...step,
    })),
    now,
    unknownShape,
    OPTIONS,
  );

const before = configMap({ mode: 'old' });
const after = configMap({ mode: 'new' }, { resourceVersion: '11' });
const patched = { verb: 'patch', pre: before, post: after, postUid: 'uid-1' } as const;
const deleted = { verb: 'delete', pre: before } as const;
const terminating = { deletionTimestamp: '2026-01-01T00:01:00Z' };
const marked = { labels: { [INTENT_LABEL]: INTENT } };
const created = {
  verb: 'create',
  post: configMap({ mode: 'new' }, { uid: 'uid-2', ...marked }),
  postUid: 'uid-2',
} as const;
const unseen = { ...created, postUid: undefined };

describe('a change', () => {
  test('alone: the object before it, exactly', () => {
    expect(target([patched], after)).toMatchObject({
      kind: 'replace',
      exact: true,
      object: { data: { mode: 'old' } },
    });
  });
  test('that never landed: done', () => {
    expect(target([patched], before)).toEqual({ kind: 'done', residual: [] });
  });
  test('that never landed, with a fence mark on the object: the mark is taken off', () => {
    const fenced = configMap({ mode: 'old' }, { labels: { 'stratus.dev/fence': '3' } });
    expect(target([patched], fenced)).toMatchObject({ kind: 'replace', exact: true });
  });
  test('and theirs elsewhere: ours out, theirs kept', () => {
    expect(target([patched], configMap({ mode: 'new', theirs: 'x' }))).toMatchObject({
      kind: 'replace',
      exact: false,
      object: { data: { mode: 'old', theirs: 'x' } },
    });
  });
  test('and theirs on top: a conflict that names path, values and owner', () => {
    const managedFields = [owns('stratus-mcp', ['mode']), owns('kubectl-edit', ['mode'])];
    expect(target([patched], configMap({ mode: 'other' }, { managedFields }))).toEqual({
      kind: 'conflict',
      conflicts: [
        {
          path: 'data.mode',
          before: 'old',
          ours: 'new',
          now: 'other',
          owner: 'kubectl-edit@2026-01-01T00:00:00Z',
        },
      ],
    });
  });
  test('whose field is gone: a conflict with nobody to name', () => {
    expect(target([patched], configMap({}))).toMatchObject({
      conflicts: [{ path: 'data.mode', now: null, owner: 'unknown' }],
    });
  });
  test.each([
    ['gone', undefined],
    ['another of the name', configMap({ mode: 'new' }, { uid: 'uid-9' })],
    ['being deleted', configMap({ mode: 'new' }, terminating)],
  ])('the object is %s: a conflict', (_what, now) => {
    expect(target([patched], now)).toMatchObject({ kind: 'conflict' });
  });
  test('of what we had changed before: both out; once out, done', () => {
    const newer = configMap({ mode: 'newer' });
    const second = { ...patched, pre: after, post: newer };
    expect(target([patched, second], newer)).toMatchObject({
      kind: 'replace',
      exact: true,
      object: { data: { mode: 'old' } },
    });
    expect(target([patched, second], before)).toEqual({ kind: 'done', residual: [] });
    const unsure = { ...second, postUid: undefined };
    expect(target([patched, unsure], after)).toMatchObject({ kind: 'replace', exact: true });
  });
  test('after another, with theirs in between: each of ours out, theirs kept', () => {
    const between = configMap({ mode: 'new', theirs: 'x' });
    const second = { ...patched, pre: between, post: configMap({ mode: 'newer', theirs: 'x' }) };
    expect(target([patched, second], configMap({ mode: 'newer', theirs: 'x' }))).toMatchObject({
      kind: 'replace',
      object: { data: { mode: 'old', theirs: 'x' } },
    });
    const overwritten = configMap({ mode: 'theirs' });
    const over = { ...patched, pre: overwritten, post: configMap({ mode: 'ours' }) };
    expect(target([patched, over], configMap({ mode: 'ours' }))).toMatchObject({
      conflicts: [{ path: 'data.mode', before: 'old', ours: 'new', now: 'theirs' }],
    });
  });
  test('replicas that an autoscaler set since: kept and told', () => {
    const sized = (replicas: number) =>
      configMap(
        {},
        {
          managedFields: [
            {
              ...owns('kube-controller-manager', []),
              subresource: 'scale',
              fieldsV1: { 'f:spec': { 'f:replicas': {} } },
            },
          ],
        },
        { spec: { replicas } },
      );
    const scaled = { ...patched, pre: sized(2), post: sized(4) };
    expect(target([scaled], sized(7))).toMatchObject({
      kind: 'done',
      residual: [{ path: 'spec.replicas', now: 7, note: expect.stringContaining('autoscaler') }],
    });
  });
});

describe('a create', () => {
  const live = created.post;
  test.each([
    ['of which the answer was seen', created, configMap({ mode: 'new' }, { uid: 'uid-2' })],
    ['of which only the mark tells', unseen, live],
  ])('%s: deleted again', (_what, step, now) => {
    expect(target([step], now)).toEqual({ kind: 'delete', uid: 'uid-2' });
  });
  test('that never landed: done', () => {
    expect(target([unseen], undefined)).toEqual({ kind: 'done', residual: [] });
  });
  test('that never landed, and a stranger took the name: done', () => {
    expect(target([unseen], configMap({}, { uid: 'uid-9' }))).toEqual({
      kind: 'done',
      residual: [],
    });
  });
  test("that a stranger's replaced: a conflict", () => {
    expect(target([created], configMap({}, { uid: 'uid-9' }))).toMatchObject({ kind: 'conflict' });
  });
  test('on its way out: wait', () => {
    expect(target([created], { ...live, metadata: { ...live.metadata, ...terminating } })).toEqual({
      kind: 'wait',
    });
  });
  test('that somebody else has written to since: a conflict that names the path', () => {
    const managedFields = [owns('stratus-mcp', ['mode']), owns('kubectl-edit', ['extra'])];
    const now = configMap({ mode: 'new', extra: 'x' }, { uid: 'uid-2', managedFields });
    expect(target([created], now)).toMatchObject({ conflicts: [{ path: 'data.extra' }] });
  });
  test('that a controller has written to since: deleted again', () => {
    const managedFields = [owns('kube-controller-manager', ['extra'])];
    const now = configMap({ mode: 'new', extra: 'x' }, { uid: 'uid-2', managedFields });
    expect(target([created], now)).toMatchObject({ kind: 'delete' });
  });
  test('that we changed ourselves since: deleted again', () => {
    const managedFields = [owns('stratus-mcp', ['mode'])];
    const now = configMap({ mode: 'newer' }, { uid: 'uid-2', managedFields });
    const change = { verb: 'patch', pre: live, post: now } as const;
    expect(target([created, change], now)).toEqual({ kind: 'delete', uid: 'uid-2' });
  });
  test('that we deleted again ourselves: done', () => {
    const gone = { verb: 'delete', pre: live } as const;
    expect(target([created, gone], undefined)).toEqual({ kind: 'done', residual: [] });
    expect(target([created, gone], configMap({}, { uid: 'uid-9' }))).toMatchObject({
      kind: 'done',
      residual: [expect.stringContaining('Somebody else')],
    });
  });
});

describe('a delete', () => {
  test('that landed: created again', () => {
    expect(target([deleted], undefined)).toMatchObject({
      kind: 'recreate',
      object: { data: { mode: 'old' } },
    });
  });
  test('that never landed: done', () => {
    expect(target([deleted], before)).toEqual({ kind: 'done', residual: [] });
  });
  test('under way: wait', () => {
    expect(target([deleted], configMap({ mode: 'old' }, terminating))).toEqual({ kind: 'wait' });
  });
  test('taken back already: done, with a new uid', () => {
    const again = configMap({ mode: 'old' }, { uid: 'uid-3' });
    expect(target([deleted], again)).toEqual({
      kind: 'done',
      residual: ['uid and creationTimestamp are new'],
    });
  });
  test("and a stranger's of the name: a conflict", () => {
    expect(target([deleted], configMap({ mode: 'x' }, { uid: 'uid-9' }))).toMatchObject({
      kind: 'conflict',
    });
  });
  test('after a change: created again as before the change', () => {
    expect(target([patched, { verb: 'delete', pre: after }], undefined)).toMatchObject({
      kind: 'recreate',
      object: { data: { mode: 'old' } },
    });
  });
});

describe('a delete, and another object of ours in its place', () => {
  const second = { ...created, intentId: 'intent-2' };
  const steps = [deleted, second];
  test('first ours has to go', () => {
    expect(target(steps, created.post)).toEqual({ kind: 'delete', uid: 'uid-2' });
  });
  test('then the old one comes back', () => {
    expect(target(steps, undefined)).toMatchObject({
      kind: 'recreate',
      object: { data: { mode: 'old' } },
    });
  });
  test('then it is done', () => {
    expect(target(steps, configMap({ mode: 'old' }, { uid: 'uid-3' }))).toMatchObject({
      kind: 'done',
    });
  });
  test('also when we changed ours, or deleted it once more', () => {
    const change = {
      verb: 'patch',
      pre: created.post,
      post: configMap({ mode: 'newer' }, { uid: 'uid-2' }),
    } as const;
    expect(target([...steps, change], change.post)).toEqual({ kind: 'delete', uid: 'uid-2' });
    for (const more of [[change], [{ verb: 'delete', pre: created.post } as const]]) {
      expect(target([...steps, ...more], undefined)).toMatchObject({
        kind: 'recreate',
        object: { data: { mode: 'old' } },
      });
      expect(
        target([...steps, ...more], configMap({ mode: 'old' }, { uid: 'uid-3' })),
      ).toMatchObject({ kind: 'done' });
    }
  });
});
