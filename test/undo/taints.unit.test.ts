import { describe, expect, test } from 'vitest';
import type { LiveObject, ObjectKey } from '../../src/cluster/types.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { restoredManagedFields } from '../../src/undo/managed-fields.ts';
import { denormalise, normalise } from '../../src/undo/normalise.ts';
import { settleTaints } from '../../src/undo/taints.ts';
import type { UndoPort } from '../../src/undo/types.ts';
import { object } from './objects.ts';

const OURS = { key: 'example.com/disk', effect: 'NoSchedule' };
const CORDONED = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: 'now' };
const OUT_OF_SERVICE = { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' };

const node = (taints?: JsonObject[], more: JsonObject = {}, metadata: JsonObject = {}) =>
  object('Node', { spec: { ...(taints ? { taints } : {}), ...more } }, metadata);
const taintsOf = ({ spec }: KubeObject) => (spec as JsonObject).taints;
const RULES = { hasStatus: true };

describe('taints that a controller keeps by the condition of the node', () => {
  test('are no part of what an undo brings back; all others are', () => {
    expect(normalise(node([CORDONED]), RULES)).toEqual(normalise(node(), RULES));
    expect(taintsOf(normalise(node([NOT_READY, OURS, OUT_OF_SERVICE]), RULES))).toEqual([
      OURS,
      OUT_OF_SERVICE,
    ]);
  });

  test('stay on the node as they are now', () => {
    const body = denormalise(normalise(node([OURS]), RULES), node([NOT_READY]), RULES);
    expect(taintsOf(body)).toEqual([OURS, NOT_READY]);
    expect(taintsOf(denormalise(normalise(node(), RULES), node([OURS]), RULES))).toBeUndefined();
  });

  test('are an ordinary list in a resource of somebody else', () => {
    const other = { ...node([CORDONED]), apiVersion: 'example.com/v1' };
    expect(taintsOf(normalise(other, RULES))).toEqual([CORDONED]);
  });
});

describe('the list of taints goes back to its owner', () => {
  const entry = (manager: string, time: string, spec: JsonObject): JsonObject => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': spec },
  });
  const person = entry('kubectl-taint', 'T1', { 'f:taints': {} });
  const controller = entry('kube-controller-manager', 'T1', { 'f:podCIDR': {} });
  const fields = (...managedFields: JsonObject[]) => node([OURS], {}, { managedFields });

  test('from the controller, which took it with a taint of its own', () => {
    const took = entry('kube-controller-manager', 'T2', { 'f:podCIDR': {}, 'f:taints': {} });
    expect(restoredManagedFields(fields(person, controller), fields(took))).toEqual([
      person,
      controller,
    ]);
  });

  test('but not what else the controller wrote meanwhile', () => {
    const wrote = entry('kube-controller-manager', 'T2', { 'f:podCIDR': {}, 'f:providerID': {} });
    expect(restoredManagedFields(fields(person, controller), fields(wrote))).toBeUndefined();
  });

  test('nor from a person who tainted meanwhile', () => {
    const other = entry('kubectl-edit', 'T2', { 'f:taints': {} });
    expect(restoredManagedFields(fields(person, controller), fields(other))).toBeUndefined();
  });
});

describe('an undo of a cordon waits for the node controller', () => {
  const key = { resource: { group: '', kind: 'Node' }, name: 'node-1' } as ObjectKey;

  /** The states of a node one after the other; the last one stays. Each pause takes its time. */
  function world(...states: KubeObject[]) {
    let now = 0;
    let reads = 0;
    const port = {
      clock: {
        monotonic: () => now,
        sleep: async (ms: number) => {
          now += ms;
        },
      },
      get: async () => ({ object: states[Math.min(reads++, states.length - 1)] }) as LiveObject,
    } as unknown as UndoPort;
    return { port, reads: () => reads };
  }

  test('until its taint is gone, or there again', async () => {
    const left = world(node([CORDONED]), node([CORDONED]), node());
    expect(await settleTaints(key, left.port)).toEqual([]);
    expect(left.reads()).toBe(3);
    const back = world(
      node([], { unschedulable: true }),
      node([CORDONED], { unschedulable: true }),
    );
    expect(await settleTaints(key, back.port)).toEqual([]);
    expect(back.reads()).toBe(2);
  });

  test('not for ever, and says so', async () => {
    const dead = world(node([CORDONED]));
    expect(await settleTaints(key, dead.port)).toEqual([
      expect.stringContaining('has not answered yet'),
    ]);
  });
});
