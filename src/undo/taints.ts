import type { ObjectKey } from '../cluster/types.ts';
import { at, type Json, type JsonObject, objectOf, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { groupKind } from './group-kind.ts';
import type { UndoPort } from './types.ts';

/**
 * Taints that the node controllers keep by a node's conditions, in the same list as everybody's. Not among them:
 * node.kubernetes.io/out-of-service, which a person sets.
 */
const BY_CONDITION: readonly string[] = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
  'node.kubernetes.io/memory-pressure',
  'node.kubernetes.io/disk-pressure',
  'node.kubernetes.io/pid-pressure',
  'node.kubernetes.io/network-unavailable',
  'node.kubernetes.io/unschedulable',
  'node.cloudprovider.kubernetes.io/uninitialized',
  'node.cloudprovider.kubernetes.io/shutdown',
];

const SETTLED_WITHIN_MS = 5_000;

function isByCondition(taint: JsonObject): boolean {
  return BY_CONDITION.includes(stringOf(taint.key) ?? '');
}

function isNode(object: KubeObject): boolean {
  return groupKind(object.apiVersion, object.kind) === 'Node';
}

/** Taints that a node has in its second state only. */
export function newTaints(before: KubeObject, after: KubeObject): JsonObject[] {
  const had = taintsOf(before);
  return taintsOf(after).filter(
    (taint) =>
      !had.some((one) =>
        (['key', 'value', 'effect'] as const).every((field) => one[field] === taint[field]),
      ),
  );
}

/** Takes the controllers' taints out of a node, in place. */
export function dropConditionTaints(object: KubeObject): void {
  if (!isNode(object)) return;
  setTaints(
    object,
    taintsOf(object).filter((taint) => !isByCondition(taint)),
  );
}

/** Puts the taints that the controllers keep on the live node back into a body for it, in place. */
export function keepConditionTaints(body: KubeObject, live: KubeObject): void {
  if (!isNode(body)) return;
  setTaints(body, [...taintsOf(body), ...taintsOf(live).filter(isByCondition)]);
}

/** What a fields set owns besides the list of taints, which the controllers take over with each taint of theirs. */
export function withoutTaints(fields: JsonObject): JsonObject {
  if (objectOf(fields['f:spec'])['f:taints'] === undefined) return fields;
  const { 'f:taints': _taints, ...spec } = objectOf(fields['f:spec']);
  const { 'f:spec': _spec, ...rest } = fields;
  return Object.keys(spec).length === 0 ? rest : { ...rest, 'f:spec': spec };
}

/**
 * Waits until the node controller has answered a cordon or its end with its taint: each write of its makes it the
 * owner of the list, and gives ownership away again after we restored it.
 * @returns what is left, for the report
 */
export async function settleTaints(key: ObjectKey, port: UndoPort): Promise<Json[]> {
  if (key.resource.group !== '' || key.resource.kind !== 'Node') return [];
  const until = port.clock.monotonic() + SETTLED_WITHIN_MS;
  for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
    const live = await port.get(key);
    if (live === undefined || isSettled(live.object)) return [];
    if (port.clock.monotonic() > until) {
      return [
        'The node controller has not answered yet with its taint node.kubernetes.io/unschedulable.',
      ];
    }
    await port.clock.sleep(pause);
  }
}

function isSettled(node: KubeObject): boolean {
  const tainted = taintsOf(node).some(({ key }) => key === 'node.kubernetes.io/unschedulable');
  return tainted === (at(node, 'spec', 'unschedulable') === true);
}

function taintsOf(node: KubeObject): JsonObject[] {
  return objectsOf(at(node, 'spec', 'taints'));
}

function setTaints(node: KubeObject, taints: JsonObject[]): void {
  const { taints: _taints, ...spec } = objectOf(node.spec);
  node.spec = taints.length === 0 ? spec : { ...spec, taints };
}
