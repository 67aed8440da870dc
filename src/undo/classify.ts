import { at, equalJson, numberOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { CLAIM_MOMENTS, deletesClaims } from './claim-retention.ts';
import { type Classifiable, type Classification, irreversible } from './classification.ts';
import { classifyCreate } from './classify-create.ts';
import { classifyDelete } from './classify-delete.ts';
import { classifyEviction } from './classify-eviction.ts';
import { CONTROLLER_OUTPUT, groupKind, WORKLOADS } from './group-kind.ts';
import { gainsSelector, losesAddress } from './service-change.ts';
import { newTaints } from './taints.ts';

/**
 * Classifies a write before it is sent. Exact: same object, same bytes. Compensating:
 * equivalent, with another identity or other pods. Irreversible: refused.
 */
export function classify(write: Classifiable): Classification {
  if (write.verb === 'evict') return classifyEviction(write.before);
  if (write.verb === 'delete') return classifyDelete(write);
  if (write.before === undefined) return classifyCreate(write);
  return classifyUpdate(write, write.before, write.after);
}

function classifyUpdate(
  write: Classifiable,
  before: KubeObject,
  after: KubeObject | undefined,
): Classification {
  if (after === undefined)
    return irreversible('the API server did not say what the change would do');
  const id = groupKind(write.apiVersion, write.kind);
  const oneWay = oneWayField(id, before, after);
  if (oneWay !== undefined) return irreversible(oneWay);
  if (CONTROLLER_OUTPUT.includes(id)) {
    return irreversible(`a ${write.kind} is the output of a controller, which would overwrite it`);
  }
  if (WORKLOADS.includes(id)) {
    const replicasBefore = numberOf(at(before, 'spec', 'replicas')) ?? 1;
    const replicasAfter = numberOf(at(after, 'spec', 'replicas')) ?? 1;
    if (replicasAfter < replicasBefore) {
      if (id === 'Deployment.apps' && isMidRollout(before)) {
        return irreversible(
          'a rollout is under way, so pods of the earlier revision serve, and scaling back would start pods of the new one',
        );
      }
      return {
        class: 'compensating',
        undo: `Scales back to ${replicasBefore}; the pods will be new ones.`,
      };
    }
    if (replicasAfter > replicasBefore && !changed(before, after, 'spec', 'template')) {
      return {
        class: 'exact',
        undo: `Scales back to ${replicasBefore}; the controller chooses which pods go.`,
      };
    }
    if (changed(before, after, 'spec', 'template') && id !== 'ReplicaSet.apps') {
      return {
        class: id === 'Deployment.apps' ? 'exact' : 'compensating',
        undo: 'Puts the old template back; pods of a rollout that has finished are replaced once more.',
      };
    }
  }
  if (id === 'Job.batch' && at(before, 'spec', 'suspend') !== at(after, 'spec', 'suspend')) {
    return {
      class: 'compensating',
      undo: 'Puts spec.suspend back; pods that were stopped or started meanwhile stay so.',
    };
  }
  if (id === 'Service' && losesAddress(before, after)) {
    return {
      class: 'compensating',
      undo: 'Asks for the same cluster addresses and node ports again; refused if somebody took them meanwhile.',
    };
  }
  if (id === 'Service' && gainsSelector(before, after)) {
    return {
      class: 'compensating',
      undo: 'Takes the selector away again; the endpoints it found stay, and nobody renews them.',
    };
  }
  if (id === 'Node' && newTaints(after, before).some((taint) => taint.effect === 'NoExecute')) {
    return {
      class: 'compensating',
      undo: 'Puts the taint back; pods that came meanwhile and do not tolerate it are evicted.',
    };
  }
  if (
    id === 'CronJob.batch' &&
    at(before, 'spec', 'suspend') === true &&
    at(after, 'spec', 'suspend') !== true
  ) {
    return { class: 'compensating', undo: 'Suspends it again; a run it started meanwhile stays.' };
  }
  return {
    class: 'exact',
    undo: 'Puts the changed fields back; what others changed meanwhile is kept.',
  };
}

/** True while pods of an earlier template still run. */
function isMidRollout(deployment: KubeObject): boolean {
  const pods = numberOf(at(deployment, 'status', 'replicas')) ?? 0;
  const updated = numberOf(at(deployment, 'status', 'updatedReplicas')) ?? 0;
  return updated < pods;
}

/** Fields that an ordinary update can't take back. */
function oneWayField(id: string, before: KubeObject, after: KubeObject): string | undefined {
  const now = (...path: string[]) => at(after, ...path);
  const was = (...path: string[]) => at(before, ...path);
  const lowered = (...path: string[]) => {
    const [a, b] = [numberOf(was(...path)), numberOf(now(...path))];
    return b !== undefined && (a === undefined || b < a);
  };
  if (after.metadata.deletionTimestamp !== undefined) return 'the object is being deleted';
  if (changed(before, after, 'metadata', 'ownerReferences'))
    return 'a changed ownerReference can make the garbage collector delete the object';
  if (changed(before, after, 'metadata', 'finalizers') && removedFinalizer(before, after)) {
    return 'removing a finalizer lets cleanup be skipped for good';
  }
  if (
    (id === 'ConfigMap' || id === 'Secret') &&
    now('immutable') === true &&
    was('immutable') !== true
  ) {
    return 'immutable: true can never be unset';
  }
  if (id === 'Pod' && changed(before, after, 'spec', 'activeDeadlineSeconds'))
    return 'activeDeadlineSeconds of a pod can never be unset';
  if (id === 'PersistentVolumeClaim' && changed(before, after, 'spec'))
    return 'a claim can grow or bind, but not shrink or unbind';
  if (
    id === 'PersistentVolume' &&
    now('spec', 'persistentVolumeReclaimPolicy') === 'Delete' &&
    changed(before, after, 'spec', 'persistentVolumeReclaimPolicy')
  ) {
    return 'a released volume with reclaim policy Delete loses its data';
  }
  if (
    WORKLOADS.includes(id) &&
    changed(before, after, 'spec', 'revisionHistoryLimit') &&
    lowered('spec', 'revisionHistoryLimit')
  ) {
    return 'a lower revisionHistoryLimit deletes old revisions at once';
  }
  if (
    id === 'CronJob.batch' &&
    (lowered('spec', 'successfulJobsHistoryLimit') || lowered('spec', 'failedJobsHistoryLimit'))
  ) {
    return 'a lower history limit deletes finished jobs at once';
  }
  if (
    id === 'Job.batch' &&
    now('spec', 'ttlSecondsAfterFinished') !== undefined &&
    changed(before, after, 'spec', 'ttlSecondsAfterFinished')
  ) {
    return 'ttlSecondsAfterFinished deletes the job when it has finished';
  }
  if (
    id === 'StatefulSet.apps' &&
    ((deletesClaims(after, 'whenScaled') && lowered('spec', 'replicas')) ||
      CLAIM_MOMENTS.some((when) => deletesClaims(after, when) && !deletesClaims(before, when)))
  ) {
    return 'persistentVolumeClaimRetentionPolicy Delete removes claims and their data';
  }
  if (id === 'CustomResourceDefinition.apiextensions.k8s.io')
    return 'a changed definition may drop stored fields of its resources';
  if (id === 'Node' && newTaints(before, after).some((taint) => taint.effect === 'NoExecute')) {
    return 'a NoExecute taint evicts pods that do not come back; NoSchedule keeps new ones away and can be taken back';
  }
  return undefined;
}

function changed(before: KubeObject, after: KubeObject, ...path: string[]): boolean {
  return !equalJson(at(before, ...path), at(after, ...path));
}

function removedFinalizer(before: KubeObject, after: KubeObject): boolean {
  const left = Array.isArray(after.metadata.finalizers) ? after.metadata.finalizers : [];
  const had = Array.isArray(before.metadata.finalizers) ? before.metadata.finalizers : [];
  return had.some((finalizer) => !left.includes(finalizer));
}
