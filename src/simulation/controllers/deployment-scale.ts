import { objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { type Client, ownedBy } from './client.ts';
import { maxSurge } from './deployment-bounds.ts';
import { annotationsOf, DESIRED, MAXIMUM, type Sets, sizes, strings } from './deployment-sets.ts';
import { isDeleting, replicasOf, specOf } from './pods.ts';

/** Gives a ReplicaSet another size, and says so in an event. */
export function scaleSet(
  client: Client,
  deployment: KubeObject,
  set: KubeObject,
  replicas: number,
): KubeObject {
  const before = replicasOf(set);
  const annotations = strings({ ...annotationsOf(set), ...sizes(deployment) });
  const next = client.update({
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...specOf(set), replicas },
  });
  if (before !== replicas) {
    const way = replicas > before ? 'up' : 'down';
    const message = `Scaled ${way} replica set ${set.metadata.name} from ${before} to ${replicas}`;
    client.event(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
  return next;
}

/** Whether the wanted number changed since the ReplicaSets were sized. */
export function isScaled(client: Client, deployment: KubeObject): boolean {
  return ownedBy(client, 'ReplicaSet', deployment)
    .filter((set) => replicasOf(set) > 0 && !isDeleting(set))
    .some((set) => {
      const desired = annotationsOf(set)[DESIRED];
      return desired !== undefined && Number(desired) !== replicasOf(deployment);
    });
}

/** Brings the ReplicaSets to another wanted number without moving the rollout on. */
export function scaleAll(client: Client, deployment: KubeObject, { newest, old }: Sets): void {
  const all = newest === undefined ? [...old] : [newest, ...old];
  const active = all.filter((set) => replicasOf(set) > 0);
  const desired = replicasOf(deployment);
  const only = active.length === 0 ? newest : active[0];
  if (active.length <= 1) {
    if (only !== undefined) resize(client, deployment, only, desired);
    return;
  }
  if (newest !== undefined && isSaturated(deployment, newest)) {
    for (const set of old) if (replicasOf(set) > 0) resize(client, deployment, set, 0);
    return;
  }
  if (objectOf(specOf(deployment).strategy).type !== 'RollingUpdate') return;
  proportionally(client, deployment, active, desired);
}

function resize(client: Client, deployment: KubeObject, set: KubeObject, replicas: number): void {
  const wanted = sizes(deployment);
  const known = annotationsOf(set);
  const told = known[DESIRED] === wanted[DESIRED] && known[MAXIMUM] === wanted[MAXIMUM];
  if (replicasOf(set) !== replicas || !told) scaleSet(client, deployment, set, replicas);
}

function isSaturated(deployment: KubeObject, set: KubeObject): boolean {
  const desired = replicasOf(deployment);
  const { availableReplicas } = objectOf(set.status);
  return (
    replicasOf(set) === desired &&
    annotationsOf(set)[DESIRED] === String(desired) &&
    availableReplicas === desired
  );
}

/** Each ReplicaSet gets its share of what came or went; the largest gets what rounding left. */
function proportionally(
  client: Client,
  deployment: KubeObject,
  active: readonly KubeObject[],
  desired: number,
): void {
  const total = active.reduce((sum, set) => sum + replicasOf(set), 0);
  const allowed = desired > 0 ? desired + maxSurge(deployment) : 0;
  const toAdd = allowed - total;
  const ordered = [...active].sort((a, b) => replicasOf(b) - replicasOf(a));
  let added = 0;
  const shares = ordered.map((set) => {
    if (toAdd === 0) return replicasOf(set);
    const most = Number(annotationsOf(set)[MAXIMUM] ?? total) || total;
    const wanted = Math.round((replicasOf(set) * allowed) / most) - replicasOf(set);
    const rest = toAdd - added;
    const share =
      toAdd > 0 ? Math.min(Math.max(wanted, 0), rest) : Math.max(Math.min(wanted, 0), rest);
    added += share;
    return replicasOf(set) + share;
  });
  if (shares[0] !== undefined) shares[0] = Math.max(0, shares[0] + toAdd - added);
  for (const [at, set] of ordered.entries()) {
    resize(client, deployment, set, shares[at] ?? replicasOf(set));
  }
}
