import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { Bounds } from '../../src/policy/types.ts';
import { checkBounds } from '../../src/transaction/bounds.ts';
import type { CompiledWrite } from '../../src/transaction/compile.ts';

const BOUNDS: Bounds = {
  commands: 20,
  minutes: 30,
  objects: 20,
  replicas: 20,
  replicaChange: 5,
  podsAtRisk: 30,
};
const UNUSED = { commands: 0, objects: new Map() };

function check(kind: string, before: JsonObject, after: JsonObject) {
  const object = (spec: JsonObject) => ({ kind, spec });
  const write = {
    id: kind,
    write: { object: { kind, namespace: 'shop', name: 'web' } },
    base: { object: object(before) },
    predicted: object(after),
  } as unknown as CompiledWrite;
  return () => checkBounds(BOUNDS, UNUSED, [write]);
}
const autoscaler = (before: [number, number], after: [number, number]) => {
  const spec = ([minReplicas, maxReplicas]: [number, number]) => ({ minReplicas, maxReplicas });
  return check('HorizontalPodAutoscaler', spec(before), spec(after));
};

test('an autoscaler is bounded by the most that it may start, and by how much that changes', () => {
  expect(autoscaler([2, 18], [2, 21])).toThrow('bound replicas is 20');
  expect(autoscaler([2, 5], [2, 11])).toThrow('from 5 to 11 replicas in one command');
  expect(autoscaler([2, 5], [2, 10])).not.toThrow();
});

test('its minimum starts pods at once, so it is held to the same change', () => {
  expect(autoscaler([2, 20], [8, 20])).toThrow('starts at once from 2 to 8 replicas');
  expect(autoscaler([8, 20], [2, 20])).toThrow('bound replicaChange is 5');
  expect(autoscaler([2, 20], [7, 20])).not.toThrow();
});

test('a workload is bounded by its replicas', () => {
  const deployment = (before: number, after: number) =>
    check('Deployment', { replicas: before }, { replicas: after });
  expect(deployment(18, 21)).toThrow('bound replicas is 20');
  expect(deployment(3, 9)).toThrow('bound replicaChange is 5');
  expect(deployment(3, 8)).not.toThrow();
  // What was too many before is no reason to refuse another change of it.
  expect(deployment(25, 25)).not.toThrow();
});
