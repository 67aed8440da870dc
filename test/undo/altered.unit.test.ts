import { expect, test } from 'vitest';
import { stringifyJson } from '../../src/core/json.ts';
import { alteredBy, describe as told } from '../../src/undo/altered.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import type { UndoStep } from '../../src/undo/types.ts';
import { configMap } from './objects.ts';

const OPTIONS = { hasStatus: false };
const pre = configMap({ mode: 'old' });
const steps: UndoStep[] = [
  { seq: 1, verb: 'delete', intentId: 'i', pre, post: undefined, postUid: undefined },
];
const again = (data: Record<string, string>, metadata = {}) =>
  configMap(data, { uid: 'uid-2', resourceVersion: '20', ...metadata });
const sent = stringifyJson(
  configMap({ mode: 'old' }, { uid: undefined, resourceVersion: undefined }),
);

test('what was answered counts, whatever was written since', () => {
  const made = { body: sent, answer: again({ mode: 'old' }) };
  expect(alteredBy(made, steps, again({ mode: 'theirs' }), unknownShape, OPTIONS)).toBeUndefined();
  const other = { body: sent, answer: again({ mode: 'theirs', more: 'x' }) };
  expect(alteredBy(other, steps, again({ mode: 'old' }), unknownShape, OPTIONS)).toBe(
    'Admission changed it at data.mode, data.more.',
  );
});

test('where the answer was lost, what is there now counts', () => {
  const without = (now: ReturnType<typeof again>) =>
    alteredBy(undefined, steps, now, unknownShape, OPTIONS);
  expect(without(again({ mode: 'old' }))).toBeUndefined();
  expect(without(again({ mode: 'theirs' }))).toMatch(
    /at data\.mode: changed as it was created, or/,
  );
});

test('a protection that the API server puts on is no change', () => {
  const answer = again({ mode: 'old' }, { finalizers: ['kubernetes.io/pvc-protection'] });
  const made = { body: sent, answer };
  expect(alteredBy(made, steps, answer, unknownShape, OPTIONS)).toBeUndefined();
});

test('an object that was never gone was not created again', () => {
  expect(
    alteredBy(undefined, steps, configMap({ mode: 'x' }), unknownShape, OPTIONS),
  ).toBeUndefined();
});

test('the report does not call what was altered the same', () => {
  const did = { replaced: false, recreated: true };
  const how = (altered?: string) => told(pre, again({ mode: 'x' }), { ...did, altered }, OPTIONS);
  expect(how()).toBe('created again with the same spec');
  expect(how('Admission changed it.')).toBe('created again, but not with the same spec');
});

test('the status that autoscaling/v1 shows as annotations is nothing that admission took away', () => {
  const shown = (annotations: Record<string, string>, uid: string) =>
    configMap(
      {},
      { uid, annotations },
      { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' },
    );
  const status = { 'autoscaling.alpha.kubernetes.io/conditions': '[]' };
  const kept = { note: 'mine' };
  const was = shown({ ...status, ...kept }, 'uid-1');
  const gone: UndoStep[] = [{ ...steps[0], pre: was } as UndoStep];
  const made = { body: stringifyJson(was), answer: shown(kept, 'uid-2') };
  expect(alteredBy(made, gone, shown(kept, 'uid-2'), unknownShape, OPTIONS)).toBeUndefined();
  const less = { body: stringifyJson(was), answer: shown({}, 'uid-2') };
  expect(alteredBy(less, gone, shown({}, 'uid-2'), unknownShape, OPTIONS)).toContain('annotations');
});
