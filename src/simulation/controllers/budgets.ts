import { equalJson, type JsonObject, numberOf, objectOf } from '../../core/json.ts';
import { controllerOf, type KubeObject } from '../../core/kube.ts';
import { matches } from '../api/evict.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import { withCondition } from './conditions.ts';
import { scaledValue } from './deployment-bounds.ts';
import type { Controller } from './loop.ts';
import { isDeleting, isFinished, isReady, keyOf, replicasOf, specOf, splitKey } from './pods.ts';

const SCALED = ['ReplicaSet', 'StatefulSet', 'Deployment', 'Job', 'DaemonSet'];
/** An evicted pod that still lives by then was not deleted after all. */
const DISRUPTED_MS = 120_000;

/** Counts what PodDisruptionBudgets allow. */
export function budgetController(client: Client): Controller {
  return {
    concerns(change) {
      return concerns(client, change);
    },
    reconcile(key) {
      const budget = client.get('PodDisruptionBudget', ...splitKey(key));
      if (budget === undefined || isDeleting(budget)) return undefined;
      const status = statusOf(client, budget);
      if (!equalJson(status, objectOf(budget.status))) client.updateStatus(budget, status);
      return undefined;
    },
  };
}

function concerns(client: Client, { kind, object }: Change): string[] {
  if (kind.kind === 'PodDisruptionBudget') return [keyOf(object)];
  if (!['Pod', ...SCALED].includes(kind.kind)) return [];
  const budgets = client.list('PodDisruptionBudget', object.metadata.namespace);
  if (kind.kind !== 'Pod') return budgets.map(keyOf);
  const labels = objectOf(object.metadata.labels);
  return budgets.filter((it) => matches(it, labels)).map(keyOf);
}

function statusOf(client: Client, budget: KubeObject): JsonObject {
  const { namespace } = budget.metadata;
  const pods = client
    .list('Pod', namespace)
    .filter((it) => matches(budget, objectOf(it.metadata.labels)) && !isFinished(it));
  const { minAvailable, maxUnavailable } = specOf(budget);
  let expected = pods.length;
  let desired = 0;
  if (maxUnavailable !== undefined) {
    expected = expectedOf(client, pods);
    desired = Math.max(0, expected - scaledValue(maxUnavailable, expected, true));
  } else if (typeof minAvailable === 'number') desired = minAvailable;
  else if (minAvailable !== undefined) {
    expected = expectedOf(client, pods);
    desired = scaledValue(minAvailable, expected, true);
  }
  const before = objectOf(budget.status);
  const disrupted = Object.entries(objectOf(before.disruptedPods)).filter(([name, time]) => {
    const pod = pods.find((it) => it.metadata.name === name);
    const late = Date.parse(String(time)) + DISRUPTED_MS < client.now;
    return pod !== undefined && !isDeleting(pod) && !late;
  });
  const gone = new Set(disrupted.map(([name]) => name));
  const healthy = pods.filter(
    (it) => isReady(it) && !isDeleting(it) && !gone.has(it.metadata.name),
  ).length;
  const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
  const enough = allowed > 0;
  const conditions = withCondition(
    before.conditions,
    {
      type: 'DisruptionAllowed',
      status: enough ? 'True' : 'False',
      reason: enough ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    },
    client.machine.timestamp(),
  ).map((it) => ({
    ...it,
    message: '',
    observedGeneration: numberOf(budget.metadata.generation) ?? 1,
  }));
  return {
    conditions,
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    expectedPods: expected,
    observedGeneration: budget.metadata.generation,
    ...(disrupted.length > 0 ? { disruptedPods: Object.fromEntries(disrupted) } : {}),
  };
}

/** The sum of what the pods' controllers want. */
function expectedOf(client: Client, pods: readonly KubeObject[]): number {
  const found = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined || !SCALED.includes(String(owner.kind))) continue;
    const object = client.get(String(owner.kind), pod.metadata.namespace, String(owner.name));
    if (object !== undefined) found.set(String(owner.uid), replicasOf(object));
  }
  return [...found.values()].reduce((sum, it) => sum + it, 0);
}
