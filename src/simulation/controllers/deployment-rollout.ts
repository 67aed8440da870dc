import { numberOf, objectOf, objectsOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Client } from './client.ts';
import { maxSurge, maxUnavailable } from './deployment-bounds.ts';
import { scaleSet } from './deployment-scale.ts';
import { annotationsOf, REVISION, type Sets } from './deployment-sets.ts';
import { replicasOf } from './pods.ts';

/** One step of a rolling update: the new ReplicaSet grows, or the old ones shrink. */
export function roll(client: Client, deployment: KubeObject, sets: Sets): void {
  const { newest, old } = sets;
  if (newest === undefined) return;
  const wanted = newReplicas(deployment, newest, old);
  if (wanted !== replicasOf(newest)) {
    scaleSet(client, deployment, newest, wanted);
    return;
  }
  shrinkOld(client, deployment, newest, old);
}

/** How many replicas the new ReplicaSet may have now. */
export function newReplicas(
  deployment: KubeObject,
  newest: KubeObject | undefined,
  old: readonly KubeObject[],
): number {
  const desired = replicasOf(deployment);
  const strategy = objectOf(objectOf(deployment.spec).strategy).type;
  if (strategy === 'Recreate') return desired;
  const own = newest === undefined ? 0 : replicasOf(newest);
  if (own >= desired) return desired;
  const total = own + sum(old, replicasOf);
  const most = desired + maxSurge(deployment);
  if (total >= most) return own;
  return own + Math.min(most - total, desired - own);
}

function sum(sets: readonly KubeObject[], of: (set: KubeObject) => number): number {
  return sets.reduce((all, set) => all + of(set), 0);
}

const available = (set: KubeObject) => numberOf(objectOf(set.status).availableReplicas) ?? 0;

function shrinkOld(
  client: Client,
  deployment: KubeObject,
  newest: KubeObject,
  old: readonly KubeObject[],
): void {
  const oldPods = sum(old, replicasOf);
  if (oldPods === 0) return;
  const least = replicasOf(deployment) - maxUnavailable(deployment);
  const newUnavailable = replicasOf(newest) - available(newest);
  const most = oldPods + replicasOf(newest) - least - newUnavailable;
  if (most <= 0) return;
  const left = withoutUnhealthy(client, deployment, old, most);
  const spare = available(newest) + sum(left, available) - least;
  if (spare <= 0) return;
  let toGo = spare;
  for (const set of [...left].sort(byAge)) {
    const size = replicasOf(set);
    const less = Math.min(size, toGo);
    if (less > 0) scaleSet(client, deployment, set, size - less);
    toGo -= less;
  }
}

/** First those old pods go that serve nobody. */
function withoutUnhealthy(
  client: Client,
  deployment: KubeObject,
  old: readonly KubeObject[],
  most: number,
): KubeObject[] {
  let left = most;
  return [...old].sort(byAge).map((set) => {
    const size = replicasOf(set);
    const less = Math.min(left, size - available(set));
    if (size === 0 || less <= 0) return set;
    left -= less;
    return scaleSet(client, deployment, set, size - less);
  });
}

function byAge(a: KubeObject, b: KubeObject): number {
  return Number(annotationsOf(a)[REVISION] ?? 0) - Number(annotationsOf(b)[REVISION] ?? 0);
}

/** Whether a ReplicaSet's pods could not be made. */
export function failureOf(set: KubeObject | undefined) {
  return objectsOf(objectOf(set?.status).conditions).find((it) => it.type === 'ReplicaFailure');
}
