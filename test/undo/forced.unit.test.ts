import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { mergeUndo, NEVER } from '../../src/undo/merge.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import { undoTarget } from '../../src/undo/target.ts';
import { configMap, owns } from './objects.ts';
import { THING } from './thing.ts';

const FORCE = { how: 'force', covers: () => true } as const;
const FLUX = 'kustomize-controller';

const holds = (manager: string, fields: JsonObject) => ({
  ...owns(manager, []),
  fieldsV1: fields,
});

function forced(pre: KubeObject, post: KubeObject, now: KubeObject) {
  const step = {
    seq: 1,
    intentId: 'intent-1',
    verb: 'patch',
    pre,
    post,
    postUid: 'uid-1',
  } as const;
  return undoTarget([step], now, unknownShape, { hasStatus: false }, FORCE);
}

test('force writes over what was asked about, and over nothing that stays without a question', () => {
  const apply = { operation: 'Apply' };
  const pre = configMap({ a: '1', b: '1' }, { managedFields: [owns(FLUX, ['a'], apply)] });
  const post = configMap({ a: '2', b: '2' }, { managedFields: [owns('stratus-mcp', ['a', 'b'])] });
  const now = configMap(
    { a: '3', b: '3' },
    { managedFields: [owns(FLUX, ['a'], apply), owns('kubectl-edit', ['b'])] },
  );
  expect(forced(pre, post, now)).toMatchObject({
    kind: 'replace',
    object: { data: { a: '3', b: '1' } },
    residual: [
      { path: 'data.a', note: expect.stringContaining('kept') },
      { path: 'data.b', note: 'overwritten, as asked' },
    ],
  });
});

test("force leaves a controller's count of replicas", () => {
  const sized = (replicas: number, mode: string, managers: JsonObject[]) =>
    configMap({ mode }, { managedFields: managers }, { spec: { replicas } });
  const count = { 'f:spec': { 'f:replicas': {} } };
  const ours = [holds('stratus-mcp', count), owns('stratus-mcp', ['mode'])];
  const theirs = [
    { ...holds('kube-controller-manager', count), subresource: 'scale' },
    owns('kubectl-edit', ['mode']),
  ];
  const target = forced(sized(1, 'a', []), sized(2, 'b', ours), sized(5, 'c', theirs));
  expect(target).toMatchObject({
    kind: 'replace',
    object: { spec: { replicas: 5 }, data: { mode: 'a' } },
  });
});

test('force keeps an order that was never ours', () => {
  const ports = (notes: Readonly<Record<number, string>>, ...order: number[]) => ({
    ports: order.map((port) => ({ port, protocol: 'TCP', note: notes[port] ?? '' })),
  });
  const merged = mergeUndo(
    ports({ 1: 'before' }, 1, 2, 3),
    ports({ 1: 'ours' }, 1, 2, 3),
    ports({ 1: 'theirs' }, 3, 1, 2),
    THING,
    () => true,
  );
  expect(merged.value).toEqual(ports({ 1: 'before' }, 3, 1, 2));
  expect(merged.conflicts).toHaveLength(1);
});

test('without a decision the present value is kept', () => {
  const merged = mergeUndo({ count: 1 }, { count: 2 }, { count: 3 }, THING, NEVER);
  expect(merged).toMatchObject({ value: { count: 3 }, conflicts: [{ path: ['count'] }] });
});
