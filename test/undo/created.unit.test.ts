import { expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/kube.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import { undoTarget } from '../../src/undo/target.ts';
import type { UndoStep } from '../../src/undo/types.ts';
import { configMap, owns } from './objects.ts';

const post = configMap({ mode: 'new' }, { managedFields: [owns('stratus-mcp', ['mode'])] });
const seen: UndoStep = {
  seq: 1,
  verb: 'create',
  intentId: 'intent-1',
  pre: undefined,
  post,
  postUid: 'uid-1',
};
const unseen: UndoStep = { ...seen, postUid: undefined };
const target = (step: UndoStep, now: KubeObject) =>
  undoTarget([step], now, unknownShape, { hasStatus: true });
const owned = (data: Record<string, string>, ...managers: [string, string[]][]) =>
  configMap(data, {
    labels: { 'stratus.dev/intent': 'intent-1' },
    managedFields: managers.map(([manager, keys]) => owns(manager, keys)),
  });

test('a field that a later transaction of ours changed keeps the object, and says so', () => {
  const now = owned({ mode: 'newer', more: 'x' }, ['stratus-mcp', ['mode', 'more']]);
  expect(target(seen, now)).toEqual({
    kind: 'conflict',
    conflicts: [
      {
        path: 'data.mode, data.more',
        note: expect.stringContaining('a later transaction of stratus-mcp'),
      },
    ],
  });
});

test('what others and later transactions changed is told apart', () => {
  const managers: [string, string[]][] = [
    ['stratus-mcp', ['mode']],
    ['kubectl-edit', ['extra']],
  ];
  const now = owned({ mode: 'newer', extra: 'x' }, ...managers);
  expect(target(seen, now)).toMatchObject({
    conflicts: [
      { path: 'data.extra', note: expect.stringMatching(/^somebody else/) },
      { path: 'data.mode', note: expect.stringContaining('later transaction') },
    ],
  });
});

test('a field that somebody took out keeps the object', () => {
  expect(target(seen, owned({}))).toMatchObject({
    kind: 'conflict',
    conflicts: [{ path: 'data.mode' }],
  });
});

test('what controllers wrote and what the server added itself does not', () => {
  const now = owned(
    { mode: 'new', counted: '1', assigned: 'node-1' },
    ['stratus-mcp', ['mode']],
    ['kube-controller-manager', ['counted']],
  );
  expect(target(seen, now)).toEqual({ kind: 'delete', uid: 'uid-1' });
});

test('where only a prediction is known, what the server chose otherwise does not', () => {
  const now = owned({ mode: 'chosen' }, ['stratus-mcp', ['mode']]);
  expect(target(unseen, now)).toEqual({ kind: 'delete', uid: 'uid-1' });
  const theirs = owned({ mode: 'theirs' }, ['kubectl-edit', ['mode']]);
  expect(target(unseen, theirs)).toMatchObject({ kind: 'conflict' });
});
