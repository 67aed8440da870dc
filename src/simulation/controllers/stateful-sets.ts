import { equalJson, type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import type { Controller } from './loop.ts';
import {
  availableAt,
  claim,
  isDeleting,
  isReady,
  keyOf,
  ownerKeys,
  replicasOf,
  specOf,
  splitKey,
} from './pods.ts';
import {
  atRevision,
  cleanRevisions,
  presentRevision,
  REVISION_HASH,
  revisionsOf,
} from './revisions.ts';
import { claimsOf, ordinalOf, statefulPod } from './stateful-pods.ts';

/** Keeps numbered pods, one after the other, each with its claims. */
export function statefulSetController(client: Client): Controller {
  return {
    concerns: ({ kind, object }: Change) => {
      if (kind.kind === 'StatefulSet') return [keyOf(object)];
      return kind.kind === 'Pod' ? ownerKeys(object, 'StatefulSet') : [];
    },
    reconcile(key) {
      const set = client.get('StatefulSet', ...splitKey(key));
      if (set === undefined || isDeleting(set)) return undefined;
      const update = presentRevision(client, set);
      const status = objectOf(set.status);
      const current =
        revisionsOf(client, set).find((it) => it.metadata.name === status.currentRevision) ??
        update;
      const again = step(client, set, current, update);
      report(client, set, current, update);
      return again;
    },
  };
}

const revisionName = (pod: KubeObject) => stringOf(objectOf(pod.metadata.labels)[REVISION_HASH]);

/** One move: a pod made or deleted. With `Parallel` as many as there are to make or delete. */
function step(
  client: Client,
  set: KubeObject,
  current: KubeObject,
  update: KubeObject,
): number | undefined {
  const spec = specOf(set);
  const ordered = spec.podManagementPolicy !== 'Parallel';
  const minReady = numberOf(spec.minReadySeconds) ?? 0;
  const pods = new Map(claim(client, 'Pod', set).map((pod) => [ordinalOf(set, pod), pod]));
  const first = numberOf(objectOf(spec.ordinals).start) ?? 0;
  const last = first + replicasOf(set) - 1;
  const available = (pod: KubeObject) => (availableAt(pod, minReady) ?? Infinity) <= client.now;
  for (let ordinal = first; ordinal <= last; ordinal += 1) {
    const pod = pods.get(ordinal);
    if (pod === undefined) {
      create(client, set, ordinal, current, update);
      if (ordered) return undefined;
      continue;
    }
    if (objectOf(pod.status).phase === 'Failed' && !isDeleting(pod)) {
      client.remove(pod);
      return undefined;
    }
    if (!ordered) continue;
    if (isDeleting(pod)) return undefined;
    if (!available(pod)) return waitFor(client, pod, minReady);
  }
  const condemned = [...pods.keys()].filter((it) => it < first || it > last).sort((a, b) => b - a);
  for (const ordinal of condemned) {
    const pod = pods.get(ordinal);
    if (pod === undefined) continue;
    if (!isDeleting(pod)) remove(client, set, pod);
    if (ordered) return undefined;
  }
  if (objectOf(spec.updateStrategy).type !== 'RollingUpdate') return undefined;
  const rolling = objectOf(objectOf(spec.updateStrategy).rollingUpdate);
  const least = Math.max(first, numberOf(rolling.partition) ?? 0);
  for (let ordinal = last; ordinal >= least; ordinal -= 1) {
    const pod = pods.get(ordinal);
    if (pod === undefined || isDeleting(pod)) return undefined;
    if (revisionName(pod) !== update.metadata.name) {
      remove(client, set, pod);
      return undefined;
    }
    if (!available(pod)) return waitFor(client, pod, minReady);
  }
  return undefined;
}

function waitFor(client: Client, pod: KubeObject, minReady: number): number | undefined {
  const at = availableAt(pod, minReady);
  return at === undefined ? undefined : Math.max(1, at - client.now);
}

function create(
  client: Client,
  set: KubeObject,
  ordinal: number,
  current: KubeObject,
  update: KubeObject,
): void {
  const rolling = objectOf(objectOf(specOf(set).updateStrategy).rollingUpdate);
  const partition = numberOf(rolling.partition) ?? 0;
  const kept = numberOf(objectOf(set.status).currentReplicas) ?? 0;
  const old = ordinal < (partition > 0 ? partition : kept);
  const revision = old ? current : update;
  for (const claim of claimsOf(set, ordinal)) {
    const name = stringOf(objectOf(claim.metadata).name) ?? '';
    if (client.get('PersistentVolumeClaim', set.metadata.namespace, name) !== undefined) continue;
    client.create('PersistentVolumeClaim', set.metadata.namespace, claim);
  }
  const body = statefulPod(atRevision(set, revision), ordinal, revision.metadata.name);
  const pod = client.create('Pod', set.metadata.namespace, body);
  const message = `create Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  client.event(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
}

function remove(client: Client, set: KubeObject, pod: KubeObject): void {
  client.remove(pod);
  const message = `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  client.event(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
}

function report(client: Client, found: KubeObject, current: KubeObject, update: KubeObject): void {
  const set = client.get('StatefulSet', found.metadata.namespace, found.metadata.name);
  if (set === undefined) return;
  const pods = claim(client, 'Pod', set);
  const minReady = numberOf(specOf(set).minReadySeconds) ?? 0;
  const of = (revision: KubeObject) =>
    pods.filter((it) => !isDeleting(it) && revisionName(it) === revision.metadata.name).length;
  const ready = pods.filter((it) => isReady(it)).length;
  const done =
    of(update) === pods.length && ready === pods.length && pods.length === replicasOf(set);
  const status: JsonObject = {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: pods.filter((it) => (availableAt(it, minReady) ?? Infinity) <= client.now)
      .length,
    currentReplicas: done ? of(update) : of(current),
    updatedReplicas: of(update),
    currentRevision: done ? update.metadata.name : current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: 0,
  };
  const bare = (it: JsonObject) =>
    Object.fromEntries(Object.entries(it).filter(([, value]) => value !== 0));
  if (!equalJson(bare(status), bare(objectOf(set.status)))) client.updateStatus(set, status);
  const live = new Set(pods.flatMap((it) => revisionName(it) ?? []));
  for (const one of [current, update]) live.add(one.metadata.name);
  cleanRevisions(client, set, live);
}
