import {
  equalJson,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Client } from './client.ts';
import { type Draft, withCondition, withoutCondition } from './conditions.ts';
import { maxUnavailable } from './deployment-bounds.ts';
import { failureOf } from './deployment-rollout.ts';
import type { Sets } from './deployment-sets.ts';
import { replicasOf, specOf } from './pods.ts';

const TIMES = 'lastUpdateTime';

/** Writes a Deployment's status, and says in how many ms its deadline is over. */
export function reportDeployment(
  client: Client,
  found: KubeObject,
  sets: Sets,
): number | undefined {
  const deployment = client.get('Deployment', found.metadata.namespace, found.metadata.name);
  if (deployment === undefined) return undefined;
  const before = objectOf(deployment.status);
  const counts = countsOf(deployment, sets);
  const conditions = conditionsOf(client, deployment, sets, counts);
  const status: JsonObject = { ...counts, ...(conditions.length > 0 ? { conditions } : {}) };
  if (!equalJson(known(status), known(before))) client.updateStatus(deployment, status);
  return deadline(client, deployment, conditions, counts);
}

/** Counts of 0 are left out where they are stored. */
function known(status: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(status).filter(([name, value]) => value !== 0 || name === 'terminatingReplicas'),
  );
}

function countsOf(deployment: KubeObject, { newest, old }: Sets): Record<string, number> {
  const all = newest === undefined ? [...old] : [newest, ...old];
  const total = (field: string, sets: readonly KubeObject[] = all) =>
    sets.reduce((sum, set) => sum + (numberOf(objectOf(set.status)[field]) ?? 0), 0);
  const available = total('availableReplicas');
  const replicas = all.reduce((sum, set) => sum + replicasOf(set), 0);
  return {
    observedGeneration: numberOf(deployment.metadata.generation) ?? 0,
    replicas: total('replicas'),
    updatedReplicas: newest === undefined ? 0 : total('replicas', [newest]),
    readyReplicas: total('readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, replicas - available),
    terminatingReplicas: total('terminatingReplicas'),
  };
}

function conditionsOf(
  client: Client,
  deployment: KubeObject,
  sets: Sets,
  counts: Record<string, number>,
): JsonObject[] {
  const now = client.machine.timestamp();
  const least = replicasOf(deployment) - maxUnavailable(deployment);
  const enough = (counts.availableReplicas ?? 0) >= least;
  let conditions = withCondition(
    objectOf(deployment.status).conditions,
    {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
    },
    now,
    TIMES,
  );
  conditions = progress(client, deployment, sets, counts, conditions, now);
  const failed = [sets.newest, ...sets.old].map(failureOf).find((it) => it !== undefined);
  if (failed === undefined) return withoutCondition(conditions, 'ReplicaFailure');
  const draft: Draft = {
    type: 'ReplicaFailure',
    status: 'True',
    reason: stringOf(failed.reason) ?? '',
    message: stringOf(failed.message) ?? '',
  };
  return withCondition(conditions, draft, now, TIMES);
}

function progress(
  client: Client,
  deployment: KubeObject,
  { newest }: Sets,
  counts: Record<string, number>,
  conditions: JsonObject[],
  now: string,
): JsonObject[] {
  const spec = specOf(deployment);
  const seconds = numberOf(spec.progressDeadlineSeconds);
  if (seconds === undefined || seconds >= 2_147_483_647) {
    return withoutCondition(conditions, 'Progressing');
  }
  const before = conditions.find((it) => it.type === 'Progressing');
  const draft = (status: Draft['status'], reason: string, message: string): Draft => ({
    type: 'Progressing',
    status,
    reason,
    message,
  });
  const subject =
    newest === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${newest.metadata.name}"`;
  if (spec.paused === true) {
    if (before?.reason === 'DeploymentPaused') return conditions;
    return withCondition(
      conditions,
      draft('Unknown', 'DeploymentPaused', 'Deployment is paused'),
      now,
      TIMES,
    );
  }
  if (before?.reason === 'DeploymentPaused') {
    return withCondition(
      conditions,
      draft('Unknown', 'DeploymentResumed', 'Deployment is resumed'),
      now,
      TIMES,
    );
  }
  if (isComplete(deployment, counts)) {
    const done = draft('True', 'NewReplicaSetAvailable', `${subject} has successfully progressed.`);
    const same = before?.reason === done.reason && before.message === done.message;
    return same ? conditions : withCondition(withoutReason(conditions), done, now, TIMES);
  }
  if (isMoving(deployment, counts) || before === undefined) {
    const first = before === undefined && newest !== undefined;
    const next = first
      ? draft('True', 'NewReplicaSetCreated', `Created new replica set "${newest.metadata.name}"`)
      : draft('True', 'ReplicaSetUpdated', `${subject} is progressing.`);
    if (before?.status === 'True') {
      const since = before.lastTransitionTime;
      const rest = conditions.filter((it) => it !== before);
      return [...rest, { ...next, lastUpdateTime: now, lastTransitionTime: since }];
    }
    return withCondition(conditions, next, now, TIMES);
  }
  if (!isLate(client, before, seconds)) return conditions;
  const late = draft('False', 'ProgressDeadlineExceeded', `${subject} has timed out progressing.`);
  return withCondition(conditions, late, now, TIMES);
}

/** So that a message is renewed with an equal reason. */
function withoutReason(conditions: JsonObject[]): JsonObject[] {
  return conditions.map((it) => (it.type === 'Progressing' ? { ...it, reason: '' } : it));
}

function isComplete(deployment: KubeObject, counts: Record<string, number>): boolean {
  const desired = replicasOf(deployment);
  return (
    counts.updatedReplicas === desired &&
    counts.replicas === desired &&
    counts.availableReplicas === desired
  );
}

/** More new, fewer old, more ready or more available than the status said. */
function isMoving(deployment: KubeObject, counts: Record<string, number>): boolean {
  const before = objectOf(deployment.status);
  const was = (name: string) => numberOf(before[name]) ?? 0;
  const is = (name: string) => counts[name] ?? 0;
  const oldWas = was('replicas') - was('updatedReplicas');
  const oldIs = is('replicas') - is('updatedReplicas');
  return (
    is('updatedReplicas') > was('updatedReplicas') ||
    oldIs < oldWas ||
    is('readyReplicas') > was('readyReplicas') ||
    is('availableReplicas') > was('availableReplicas')
  );
}

function isLate(client: Client, condition: JsonObject, seconds: number): boolean {
  if (condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const since = Date.parse(stringOf(condition.lastUpdateTime) ?? '');
  return since + seconds * 1000 <= client.now;
}

function deadline(
  client: Client,
  deployment: KubeObject,
  conditions: readonly JsonObject[],
  counts: Record<string, number>,
): number | undefined {
  const progressing = objectsOf([...conditions]).find((it) => it.type === 'Progressing');
  const seconds = numberOf(specOf(deployment).progressDeadlineSeconds);
  if (progressing === undefined || seconds === undefined || isComplete(deployment, counts)) {
    return undefined;
  }
  if (progressing.status === 'False' || specOf(deployment).paused === true) return undefined;
  const since = Date.parse(stringOf(progressing.lastUpdateTime) ?? '');
  return Math.max(1000, since + seconds * 1000 - client.now + 1000);
}
