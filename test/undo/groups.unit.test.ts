import { expect, test } from 'vitest';
import { stringifyJson } from '../../src/core/json.ts';
import type { StepRow } from '../../src/journal/types.ts';
import { undoGroups } from '../../src/undo/groups.ts';
import { restoreTier } from '../../src/undo/order.ts';
import type { Renewed } from '../../src/undo/renewed.ts';
import { apiVersionOf, configMap } from './objects.ts';

function row(seq: number, kind: string, more: Partial<StepRow> = {}): StepRow {
  return {
    transaction: 't',
    seq,
    command: seq,
    tool: 'mitigate_patch',
    verb: 'patch',
    apiVersion: apiVersionOf(kind),
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespace: 'shop',
    name: 'x',
    class: 'exact',
    state: 'VERIFIED',
    intentId: `intent-${seq}`,
    attempt: 1,
    uid: 'u',
    baseResourceVersion: '1',
    sentAt: 0,
    httpStatus: null,
    error: null,
    postResourceVersion: null,
    postUid: 'u',
    rehearsal: 'ok',
    kubectl: '',
    residual: [],
    conflicts: [],
    ...more,
  };
}

const NONE: Renewed = new Map();
const image = Buffer.from(stringifyJson(configMap({ mode: 'x' })));

/** Kind and steps of the groups, in their order: `ConfigMap:1,3`. */
function groupsOf(rows: readonly StepRow[], created: readonly number[] = []): string[] {
  const imageOf = (seq: number, name: string) =>
    name === 'pre' && created.includes(seq) ? undefined : image;
  return undoGroups(rows, imageOf, (step) => ({ name: step.kind }) as never, NONE).map(
    ({ key, steps }) => `${key.name}:${steps.map(({ seq }) => seq).join()}`,
  );
}

test('all steps on one object are one restore, oldest first', () => {
  expect(groupsOf([row(3, 'ConfigMap'), row(1, 'ConfigMap'), row(2, 'Secret')])).toEqual([
    'ConfigMap:1,3',
    'Secret:2',
  ]);
  const elsewhere = row(2, 'ConfigMap', { namespace: 'other' });
  expect(groupsOf([row(1, 'ConfigMap'), elsewhere])).toHaveLength(2);
});

test('what never happened or is taken back already is left out', () => {
  const rows = [row(1, 'ConfigMap', { state: 'REJECTED' }), row(2, 'Secret', { state: 'UNDONE' })];
  expect(groupsOf([...rows, row(3, 'Service', { state: 'UNKNOWN' })])).toEqual(['Service:3']);
});

test('what may block comes or goes first, what uses others last; ours goes at the end, users first', () => {
  const kinds = [
    'HorizontalPodAutoscaler',
    'Deployment',
    'Service',
    'ConfigMap',
    'Role',
    'ResourceQuota',
  ];
  const changed = kinds.map((kind, i) => row(i + 1, kind));
  const created = kinds.map((kind, i) => row(i + 11, kind, { name: 'new', uid: null }));
  const names = groupsOf(
    [...created, ...changed],
    created.map(({ seq }) => seq),
  ).map((it) => it.split(':')[0]);
  const forth = kinds.slice(2).reverse();
  const back = kinds.slice(1, -1);
  // A quota that we created may refuse the rest: it goes before anything comes back; so does an
  // autoscaler, before the counts that it would overrule.
  const autoscaler = 'HorizontalPodAutoscaler';
  const middle = [autoscaler, 'Deployment', autoscaler];
  expect(names).toEqual(['ResourceQuota', ...forth, ...middle, ...back]);
});

test('a kind that nobody knows comes with the workloads', () => {
  const workload = restoreTier('apps/v1', 'Deployment');
  expect(restoreTier('example.com/v1', 'Widget')).toBe(workload);
  expect(restoreTier('serving.knative.dev/v1', 'Service')).toBe(workload);
});

test('an answer that was never seen is replaced by what the dry run predicted', () => {
  const predicted = Buffer.from(stringifyJson(configMap({ mode: 'predicted' })));
  const [group] = undoGroups(
    [row(1, 'ConfigMap', { state: 'UNKNOWN', postUid: null })],
    (_seq, name) => ({ pre: image, predicted })[name as 'pre'],
    () => ({}) as never,
    NONE,
  );
  expect(group?.steps[0]).toMatchObject({
    post: { data: { mode: 'predicted' } },
    postUid: undefined,
  });
});
