import {
  at,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';

/**
 * `complete`: nothing is left to do. `progressing`: the controller works on it. `stuck`: it won't
 * end by itself. `paused`: held by spec.paused. `manual`: OnDelete, pods change when deleted.
 * `unobserved`: the controller hasn't seen the newest spec.
 */
export type RolloutState =
  | 'complete'
  | 'progressing'
  | 'stuck'
  | 'paused'
  | 'manual'
  | 'unobserved';

export interface RolloutStatus {
  readonly state: RolloutState;
  /** The sentence of `kubectl rollout status`. */
  readonly message: string;
  readonly desired: number;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  /** `RollingUpdate`, `Recreate`, `OnDelete`. */
  readonly strategy: string;
  /** StatefulSet: pods below this ordinal keep the earlier revision. */
  readonly partition?: number;
}

/** How the rollout stands, from the workload alone, by the rules of `kubectl rollout status`. */
export function rolloutStatus(workload: KubeObject): RolloutStatus {
  const spec = objectOf(workload.spec);
  const status = objectOf(workload.status);
  const counts = countsOf(workload.kind, spec, status);
  const strategy =
    stringOf(at(spec, 'strategy', 'type') ?? at(spec, 'updateStrategy', 'type')) ?? 'RollingUpdate';
  const partition = numberOf(at(spec, 'updateStrategy', 'rollingUpdate', 'partition'));
  const base = {
    ...counts,
    strategy,
    ...(workload.kind === 'StatefulSet' && partition ? { partition } : {}),
  };
  const generation = numberOf(objectOf(workload.metadata).generation) ?? 0;
  const observed = numberOf(status.observedGeneration) ?? 0;
  if (observed === 0 || observed < generation) {
    const message = `Waiting for ${WORDS[workload.kind]} spec update to be observed...`;
    return { ...base, state: spec.paused === true ? 'paused' : 'unobserved', message };
  }
  const rule = RULES[workload.kind];
  const judged = rule?.(workload, base) ?? {
    state: 'unobserved' as const,
    message: `${workload.kind} has no rollout.`,
  };
  return { ...base, ...judged };
}

type Counts = Pick<RolloutStatus, 'desired' | 'updated' | 'ready' | 'available'>;
type Base = Omit<RolloutStatus, 'state' | 'message'>;
type Judged = Pick<RolloutStatus, 'state' | 'message'>;

const WORDS: Readonly<Record<string, string>> = {
  Deployment: 'deployment',
  DaemonSet: 'daemon set',
  StatefulSet: 'statefulset',
};

const RULES: Readonly<Record<string, (workload: KubeObject, base: Base) => Judged>> = {
  Deployment: deployment,
  DaemonSet: daemonSet,
  StatefulSet: statefulSet,
};

function countsOf(kind: string, spec: JsonObject, status: JsonObject): Counts {
  const count = (field: string) => numberOf(status[field]) ?? 0;
  if (kind === 'DaemonSet') {
    return {
      desired: count('desiredNumberScheduled'),
      updated: count('updatedNumberScheduled'),
      ready: count('numberReady'),
      available: count('numberAvailable'),
    };
  }
  return {
    desired: numberOf(spec.replicas) ?? 1,
    updated: count('updatedReplicas'),
    ready: count('readyReplicas'),
    available: count('availableReplicas'),
  };
}

function deployment(workload: KubeObject, base: Base): Judged {
  const { desired, updated, available } = base;
  const all = numberOf(at(workload, 'status', 'replicas')) ?? 0;
  const subject = `deployment "${workload.metadata.name}"`;
  const waiting = `Waiting for ${subject} rollout to finish:`;
  const condition = (type: string) =>
    objectsOf(at(workload, 'status', 'conditions')).find((it) => it.type === type) ?? {};
  const state = (otherwise: RolloutState): RolloutState =>
    at(workload, 'spec', 'paused') === true ? 'paused' : otherwise;
  // kubectl goes on waiting here, though no pod can be created at all.
  const refused = condition('ReplicaFailure').status === 'True';
  if (condition('Progressing').reason === 'ProgressDeadlineExceeded') {
    return { state: state('stuck'), message: `${subject} exceeded its progress deadline` };
  }
  const unfinished = (message: string) => ({
    state: state(refused ? 'stuck' : 'progressing'),
    message,
  });
  if (updated < desired) {
    return unfinished(`${waiting} ${updated} out of ${desired} new replicas have been updated...`);
  }
  if (all > updated) {
    return unfinished(`${waiting} ${all - updated} old replicas are pending termination...`);
  }
  if (available < updated) {
    return unfinished(`${waiting} ${available} of ${updated} updated replicas are available...`);
  }
  return { state: state('complete'), message: `${subject} successfully rolled out` };
}

const BY_HAND: Judged = {
  state: 'manual',
  message:
    'rollout status is only available for RollingUpdate strategy type: with OnDelete a pod takes the new template when it is deleted',
};

function daemonSet(workload: KubeObject, { desired, updated, available, strategy }: Base): Judged {
  if (strategy !== 'RollingUpdate') return BY_HAND;
  const subject = `daemon set "${workload.metadata.name}"`;
  const waiting = `Waiting for ${subject} rollout to finish:`;
  if (updated < desired) {
    const message = `${waiting} ${updated} out of ${desired} new pods have been updated...`;
    return { state: 'progressing', message };
  }
  if (available < desired) {
    const message = `${waiting} ${available} of ${desired} updated pods are available...`;
    return { state: 'progressing', message };
  }
  return { state: 'complete', message: `${subject} successfully rolled out` };
}

function statefulSet(workload: KubeObject, base: Base): Judged {
  const { desired, updated, ready, strategy, partition } = base;
  if (strategy !== 'RollingUpdate') return BY_HAND;
  const status = objectOf(workload.status);
  if (ready < desired) {
    return { state: 'progressing', message: `Waiting for ${desired - ready} pods to be ready...` };
  }
  if (partition !== undefined) {
    const wanted = Math.max(0, desired - partition);
    if (updated < wanted) {
      const message = `Waiting for partitioned roll out to finish: ${updated} out of ${wanted} new pods have been updated...`;
      return { state: 'progressing', message };
    }
    const message = `partitioned roll out complete: ${updated} new pods have been updated...`;
    return { state: 'complete', message };
  }
  const revision = stringOf(status.updateRevision) ?? '';
  if (status.updateRevision !== status.currentRevision) {
    const message = `waiting for statefulset rolling update to complete ${updated} pods at revision ${revision}...`;
    return { state: 'progressing', message };
  }
  const current = numberOf(status.currentReplicas) ?? 0;
  const message = `statefulset rolling update complete ${current} pods at revision ${revision}...`;
  return { state: 'complete', message };
}
