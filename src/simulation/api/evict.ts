import { isObject, type JsonObject, numberOf, objectOf, objectsOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { kindNamed } from '../kinds.ts';
import { matchesSelector } from '../rules/selector.ts';
import { deleteObject, deleteOptionsOf } from './delete.ts';
import { ApiError, notFound } from './error.ts';
import type { Machine } from './machine.ts';
import type { Target } from './types.ts';

const PDB = kindNamed('PodDisruptionBudget');

/** POST of an Eviction: a delete that a PodDisruptionBudget may refuse. @throws ApiError 429. */
export function evictPod(
  machine: Machine,
  target: Target,
  body: JsonObject,
  dryRun: boolean,
): JsonObject {
  const { namespace, name } = target;
  const { store } = machine;
  const pod = store.get(target.kind, namespace, name);
  if (pod === undefined) throw notFound(target.kind, name);
  const options = deleteOptionsOf(objectOf(body.deleteOptions), dryRun);
  const budgets = store
    .list(PDB, namespace)
    .filter((it) => matches(it, objectOf(pod.metadata.labels)));
  if (!isExempt(pod)) {
    if (budgets.length > 1) {
      throw new ApiError(
        500,
        'InternalError',
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      );
    }
    const [budget] = budgets;
    if (budget !== undefined) charge(machine, pod, budget, options.dryRun);
  }
  deleteObject(machine, target, options);
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

export function matches(budget: KubeObject, labels: JsonObject): boolean {
  const { selector } = objectOf(budget.spec);
  return matchesSelector(isObject(selector) ? selector : undefined, labels);
}

/** Pods that serve nobody: ended, waiting for a node, or going already. */
function isExempt({ metadata, status }: KubeObject): boolean {
  const { phase } = objectOf(status);
  return (
    metadata.deletionTimestamp !== undefined ||
    phase === 'Pending' ||
    phase === 'Succeeded' ||
    phase === 'Failed'
  );
}

function charge(machine: Machine, pod: KubeObject, budget: KubeObject, dryRun: boolean): void {
  const status = objectOf(budget.status);
  const title = budget.metadata.name;
  const seen = numberOf(status.observedGeneration) ?? 0;
  if (seen < (numberOf(budget.metadata.generation) ?? 0)) {
    const text = `The disruption budget ${title} is still being processed by the server.`;
    throw tooMany(text, 10);
  }
  const allowed = numberOf(status.disruptionsAllowed) ?? 0;
  const [healthy, desired] = [status.currentHealthy, status.desiredHealthy].map(
    (it) => numberOf(it) ?? 0,
  );
  if (!isReady(pod)) {
    const always = objectOf(budget.spec).unhealthyPodEvictionPolicy === 'AlwaysAllow';
    if (always || ((healthy ?? 0) >= (desired ?? 0) && (desired ?? 0) > 0)) return;
  }
  if (allowed <= 0) {
    throw tooMany(
      `The disruption budget ${title} needs ${desired} healthy pods and has ${healthy} currently`,
    );
  }
  if (dryRun) return;
  const disrupted = {
    ...objectOf(status.disruptedPods),
    [pod.metadata.name]: machine.timestamp(),
  };
  machine.store.put(PDB, {
    ...budget,
    status: { ...status, disruptionsAllowed: allowed - 1, disruptedPods: disrupted },
  });
}

function isReady({ status }: KubeObject): boolean {
  return objectsOf(objectOf(status).conditions).some(
    (it) => it.type === 'Ready' && it.status === 'True',
  );
}

function tooMany(text: string, retryAfter?: number): ApiError {
  const message = "Cannot evict pod as it would violate the pod's disruption budget.";
  const details: JsonObject = {
    causes: [{ reason: 'DisruptionBudget', message: text }],
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
  };
  return new ApiError(429, 'TooManyRequests', message, details, retryAfter);
}
