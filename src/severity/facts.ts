import { at, type Json, type JsonObject, numberOf, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

/**
 * Computes something of an object once, for as long as the object lives. The objects of a snapshot are never
 * changed, only replaced: those that stay the same between two measurements cost nothing again.
 * What depends on the time or on other objects must not be kept so.
 */
export function once<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    let value = known.get(key);
    if (value === undefined) {
      value = compute(key);
      known.set(key, value);
    }
    return value;
  };
}

/** Milliseconds since the epoch of a Kubernetes timestamp. */
export function timeOf(value: Json | undefined): number | undefined {
  if (typeof value !== 'string') return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly since: number | undefined;
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const found = objectsOf(at(object, 'status', 'conditions')).find((it) => it.type === type);
  return (
    found && {
      type,
      status: stringOf(found.status) ?? '',
      reason: stringOf(found.reason) ?? '',
      message: stringOf(found.message) ?? '',
      since: timeOf(found.lastTransitionTime),
    }
  );
}

export interface ContainerStatus {
  readonly name: string;
  readonly status: JsonObject;
  readonly init: boolean;
  readonly restarts: number;
  /** `ns/pod/container`. */
  readonly key: string;
}

/** What the rules ask of every pod. */
export interface PodFacts {
  /** `shop/catalog-5d9f-x2x`. */
  readonly key: string;
  /** `Pending` when it says none. */
  readonly phase: string;
  readonly scheduled: Condition | undefined;
  readonly ready: Condition | undefined;
  readonly createdAt: number | undefined;
  readonly containers: readonly ContainerStatus[];
  /** No container waits, has ended, or has ended before: nothing to look into, at any time. */
  readonly isCalm: boolean;
  /** It runs and is ready, and its containers are calm: no rule about pods has anything to say. */
  readonly isPlain: boolean;
}

export const factsOf = once((pod: KubeObject): PodFacts => {
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const containers = [
    ...statusesOf(pod, key, 'initContainerStatuses', true),
    ...statusesOf(pod, key, 'containerStatuses', false),
  ];
  const phase = stringOf(at(pod, 'status', 'phase')) ?? 'Pending';
  const scheduled = conditionOf(pod, 'PodScheduled');
  const ready = conditionOf(pod, 'Ready');
  const calm = containers.every(({ status }) => isCalm(status));
  return {
    key,
    phase,
    scheduled,
    ready,
    createdAt: timeOf(at(pod, 'metadata', 'creationTimestamp')),
    containers,
    isCalm: calm,
    isPlain:
      calm && phase === 'Running' && ready?.status === 'True' && scheduled?.status !== 'False',
  };
});

function statusesOf(pod: KubeObject, key: string, field: string, init: boolean): ContainerStatus[] {
  return objectsOf(at(pod, 'status', field)).map((status) => {
    const name = stringOf(status.name) ?? '';
    const restarts = numberOf(status.restartCount) ?? 0;
    return { name, status, init, restarts, key: `${key}/${name}` };
  });
}

function isCalm(status: JsonObject): boolean {
  return (
    at(status, 'state', 'waiting') === undefined &&
    at(status, 'state', 'terminated') === undefined &&
    at(status, 'lastState', 'terminated') === undefined
  );
}
