import { objectOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Change } from '../store.ts';
import { type Client, ownedBy } from './client.ts';
import { roll } from './deployment-rollout.ts';
import { isScaled, scaleAll, scaleSet } from './deployment-scale.ts';
import { cleanHistory, newestSet, type Sets } from './deployment-sets.ts';
import { reportDeployment } from './deployment-status.ts';
import type { Controller } from './loop.ts';
import { claim, isDeleting, keyOf, ownerKeys, replicasOf, specOf, splitKey } from './pods.ts';

/** Rolls a Deployment's template out over its ReplicaSets. */
export function deploymentController(client: Client): Controller {
  return {
    concerns: (change) => concerns(client, change),
    reconcile(key) {
      const found = client.get('Deployment', ...splitKey(key));
      if (found === undefined) return undefined;
      if (isDeleting(found)) return reportDeployment(client, found, setsOf(client, found, false));
      // Those that were orphaned count before anything is decided.
      claim(client, 'ReplicaSet', found);
      const paused = specOf(found).paused === true;
      if (paused || isScaled(client, found)) {
        const sets = setsOf(client, found, false);
        scaleAll(client, found, sets);
        return reportDeployment(client, found, setsOf(client, found, false));
      }
      return rollOut(client, found);
    },
  };
}

function rollOut(client: Client, deployment: KubeObject): number | undefined {
  if (objectOf(specOf(deployment).strategy).type === 'Recreate') recreate(client, deployment);
  else roll(client, deployment, setsOf(client, deployment, true));
  const live = client.get('Deployment', deployment.metadata.namespace, deployment.metadata.name);
  if (live === undefined) return undefined;
  cleanHistory(client, live, setsOf(client, live, false));
  return reportDeployment(client, live, setsOf(client, live, false));
}

/** All old pods go before the first new one comes. */
function recreate(client: Client, deployment: KubeObject): void {
  const { old } = setsOf(client, deployment, false);
  const busy = old.filter((set) => replicasOf(set) > 0);
  for (const set of busy) scaleSet(client, deployment, set, 0);
  if (busy.length > 0) return;
  const uids = new Set(old.map((it) => it.metadata.uid));
  const left = client.list('Pod', deployment.metadata.namespace).some((pod) => {
    const { phase } = objectOf(pod.status);
    if (phase === 'Failed' || phase === 'Succeeded') return false;
    const owners = pod.metadata.ownerReferences;
    return Array.isArray(owners) && owners.some((it) => uids.has(String(objectOf(it).uid)));
  });
  if (left) return;
  const { newest } = setsOf(client, deployment, true);
  if (newest !== undefined) scaleSet(client, deployment, newest, replicasOf(deployment));
}

/** The ReplicaSets of a Deployment; with `create` the one of its template is made. */
function setsOf(client: Client, deployment: KubeObject, create: boolean): Sets {
  const owned = ownedBy(client, 'ReplicaSet', deployment).filter((it) => !isDeleting(it));
  const newest = newestSet(client, deployment, owned, create);
  const old = owned.filter((it) => it.metadata.uid !== newest?.metadata.uid);
  return { newest, old };
}

function concerns(client: Client, { kind, object, before }: Change): string[] {
  if (kind.kind === 'Deployment') return [keyOf(object)];
  if (kind.kind === 'ReplicaSet') {
    return [...ownerKeys(object, 'Deployment'), ...(before ? ownerKeys(before, 'Deployment') : [])];
  }
  if (kind.kind !== 'Pod') return [];
  const [set] = ownerKeys(object, 'ReplicaSet');
  const owner = set === undefined ? undefined : client.get('ReplicaSet', ...splitKey(set));
  return owner === undefined ? [] : ownerKeys(owner, 'Deployment');
}
