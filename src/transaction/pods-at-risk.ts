import { at, numberOf } from '../core/json.ts';
import { desiredReplicas, type KubeObject } from '../core/kube.ts';

/** Replicas an object asks for; undefined for a kind that has none. */
export function replicasOf(object: KubeObject | undefined): number | undefined {
  if (object === undefined) return undefined;
  // An autoscaler may go to its maximum by itself.
  if (object.kind === 'HorizontalPodAutoscaler') return numberOf(at(object, 'spec', 'maxReplicas'));
  if (!['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].includes(object.kind))
    return undefined;
  return desiredReplicas(object);
}

/** Replicas that an autoscaler starts at once when they are not there; 0 for another kind. */
export function floorOf(object: KubeObject | undefined): number {
  if (object?.kind !== 'HorizontalPodAutoscaler') return 0;
  return numberOf(at(object, 'spec', 'minReplicas')) ?? 1;
}

/** Pods that a change of this object may cost: the larger of before and after. */
export function podsAtRisk(before: KubeObject | undefined, after: KubeObject | undefined): number {
  return Math.max(podsOf(before), podsOf(after));
}

function podsOf(object: KubeObject | undefined): number {
  if (object === undefined) return 0;
  const replicas = replicasOf(object);
  if (replicas !== undefined) return replicas;
  if (object.kind === 'DaemonSet')
    return numberOf(at(object, 'status', 'desiredNumberScheduled')) ?? 1;
  if (object.kind === 'Job') return numberOf(at(object, 'spec', 'parallelism')) ?? 1;
  if (object.kind === 'CronJob') {
    return numberOf(at(object, 'spec', 'jobTemplate', 'spec', 'parallelism')) ?? 1;
  }
  return object.kind === 'Pod' ? 1 : 0;
}
