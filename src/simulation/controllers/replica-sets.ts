import { equalJson, type JsonObject, numberOf, objectOf, objectsOf } from '../../core/json.ts';
import { controllerOf, type KubeObject } from '../../core/kube.ts';
import { ApiError } from '../api/error.ts';
import { matchesSelector } from '../rules/selector.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import { withCondition, withoutCondition } from './conditions.ts';
import type { Controller } from './loop.ts';
import {
  availableAt,
  byUsefulness,
  claim,
  isDeleting,
  isFinished,
  isReady,
  keyOf,
  ownerKeys,
  podOf,
  replicasOf,
  selectorOf,
  specOf,
  splitKey,
} from './pods.ts';

/** Keeps as many pods as a ReplicaSet wants, and counts them. */
export function replicaSetController(client: Client): Controller {
  return {
    concerns: (change) => concerns(client, change),
    reconcile(key) {
      const set = client.get('ReplicaSet', ...splitKey(key));
      if (set === undefined) return undefined;
      const all = claim(client, 'Pod', set);
      const pods = all.filter((it) => !isDeleting(it) && !isFinished(it));
      const failure = isDeleting(set) ? undefined : keepCount(client, set, pods);
      const after = claim(client, 'Pod', set);
      const again = report(client, set, after, failure);
      if (failure !== undefined) throw failure;
      return again;
    },
  };
}

function concerns(client: Client, { kind, object }: Change): string[] {
  if (kind.kind === 'ReplicaSet') return [keyOf(object)];
  if (kind.kind !== 'Pod') return [];
  const owned = ownerKeys(object, 'ReplicaSet');
  if (owned.length > 0 || controllerOf(object) !== undefined) return owned;
  const labels = objectOf(object.metadata.labels);
  return client
    .list('ReplicaSet', object.metadata.namespace)
    .filter((it) => matchesSelector(selectorOf(it), labels))
    .map(keyOf);
}

/** Makes or deletes pods; what refused one is given back. */
function keepCount(client: Client, set: KubeObject, pods: KubeObject[]): ApiError | undefined {
  const difference = replicasOf(set) - pods.length;
  for (let at = 0; at < difference; at += 1) {
    try {
      const generateName = `${set.metadata.name}-`;
      const { namespace } = set.metadata;
      const made = client.create('Pod', namespace, podOf(set, { generateName }));
      const message = `Created pod: ${made.metadata.name}`;
      client.event(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const message = `Error creating: ${error.message}`;
      client.event(set, { type: 'Warning', reason: 'FailedCreate', message });
      return error;
    }
  }
  const extra = [...pods].sort(byUsefulness).slice(0, Math.max(0, -difference));
  for (const pod of extra) {
    client.remove(pod);
    const message = `Deleted pod: ${pod.metadata.name}`;
    client.event(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }
  return undefined;
}

/** Writes the status; says when a pod becomes available by time alone. */
function report(
  client: Client,
  set: KubeObject,
  all: KubeObject[],
  failure: ApiError | undefined,
): number | undefined {
  const live = client.get('ReplicaSet', set.metadata.namespace, set.metadata.name);
  if (live === undefined) return undefined;
  const pods = all.filter((it) => !isDeleting(it) && !isFinished(it));
  const terminating = all.filter((it) => isDeleting(it) && !isFinished(it)).length;
  const minReady = numberOf(specOf(live).minReadySeconds) ?? 0;
  const times = pods.flatMap((it) => availableAt(it, minReady) ?? []);
  const labels = objectOf(objectOf(specOf(live).template).metadata).labels;
  const labeled = pods.filter((it) =>
    matchesSelector({ matchLabels: objectOf(labels) }, objectOf(it.metadata.labels)),
  );
  const before = objectOf(live.status);
  const status: JsonObject = {
    replicas: pods.length,
    fullyLabeledReplicas: labeled.length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: times.filter((it) => it <= client.now).length,
    terminatingReplicas: terminating,
    observedGeneration: live.metadata.generation,
  };
  const conditions = conditionsOf(client, before, failure);
  if (conditions.length > 0) status.conditions = conditions;
  if (!equalJson(status, before)) client.updateStatus(live, status);
  const next = Math.min(...times.filter((it) => it > client.now));
  return Number.isFinite(next) ? next - client.now : undefined;
}

/** The first refusal stands until one succeeds: later ones name other pods and are not told. */
function conditionsOf(
  client: Client,
  { conditions }: JsonObject,
  failure: ApiError | undefined,
): JsonObject[] {
  if (failure === undefined) return withoutCondition(conditions, 'ReplicaFailure');
  const all = objectsOf(conditions);
  if (all.some((it) => it.type === 'ReplicaFailure')) return all;
  const { message } = failure;
  return withCondition(
    conditions,
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message },
    client.machine.timestamp(),
  );
}
