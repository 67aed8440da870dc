import { arrayOf, at, equalJson, numberOf, objectsOf } from '../core/json.ts';
import { groupOf, type KubeObject } from '../core/kube.ts';
import type { ReversibilityClass } from '../journal/types.ts';
import { classifyEviction } from './classify-eviction.ts';
import { CONTROLLER_OUTPUT, groupKind, LASTING, RECREATABLE, WORKLOADS } from './group-kind.ts';
import { gainsSelector, losesAddress } from './service-change.ts';
import { newTaints } from './taints.ts';

/** What a write would do, for its class: verb and both images. */
export interface Classifiable {
  readonly verb: 'create' | 'patch' | 'apply' | 'delete' | 'evict';
  readonly kind: string;
  readonly apiVersion: string;
  /** `undefined` for a create. */
  readonly before: KubeObject | undefined;
  /** The dry run's result; `undefined` for a delete. */
  readonly after: KubeObject | undefined;
}

export interface Classification {
  readonly class: ReversibilityClass;
  /** The way back, or why there is none. One sentence. */
  readonly undo: string;
}

/** Groups that the API server itself serves; anything else is a custom resource. */
export function isBuiltIn(apiVersion: string): boolean {
  const group = groupOf(apiVersion);
  return group === '' || !group.includes('.') || group.endsWith('.k8s.io');
}

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

function classifyCreate({ kind, apiVersion, after }: Classifiable): Classification {
  const id = groupKind(apiVersion, kind);
  if (LASTING.includes(id)) {
    return irreversible(`creating a ${kind} has effects that deleting it does not take back`);
  }
  if (Array.isArray(after?.metadata.finalizers) && after.metadata.finalizers.length > 0) {
    return irreversible('its finalizers would hold it when it is deleted again');
  }
  if (id === 'StatefulSet.apps' && arrayOf(at(after, 'spec', 'volumeClaimTemplates')).length > 0) {
    return {
      class: 'compensating',
      undo: 'Deletes the StatefulSet again; the claims it made, and their data, stay.',
    };
  }
  if (id === 'Pod' || id === 'Job.batch') {
    return {
      class: 'compensating',
      undo: `Deletes the ${kind} again; the work it ran stays done.`,
    };
  }
  return {
    class: 'exact',
    undo: `Deletes the ${kind} again, if it is still the one created here.`,
  };
}

function classifyDelete({ kind, apiVersion, before }: Classifiable): Classification {
  const id = groupKind(apiVersion, kind);
  if (before === undefined) return irreversible('there is no pre-image');
  if (before.metadata.deletionTimestamp !== undefined)
    return irreversible('it is being deleted already');
  if (Array.isArray(before.metadata.finalizers) && before.metadata.finalizers.length > 0) {
    return irreversible('its finalizers do cleanup that a recreate does not bring back');
  }
  if (id === 'StatefulSet.apps' && deletesClaims(before, 'whenDeleted')) {
    return irreversible(
      'persistentVolumeClaimRetentionPolicy whenDeleted: Delete removes claims and their data',
    );
  }
  if (WORKLOADS.includes(id)) {
    return {
      class: 'compensating',
      undo: `Its pods are orphaned, not killed; the undo creates the ${kind} again, which adopts them. They are removed only after commit.`,
    };
  }
  if (id === 'Pod') {
    return objectsOf(before.metadata.ownerReferences).some((owner) => owner.controller === true)
      ? {
          class: 'compensating',
          undo: 'Its controller starts a replacement; the old pod does not come back.',
        }
      : irreversible(
          'no controller would replace this bare pod, and its local state would be lost',
        );
  }
  if (RECREATABLE.includes(id)) {
    return {
      class: 'compensating',
      undo: `Creates the ${kind} again with the same spec; its uid changes.`,
    };
  }
  if (!isBuiltIn(apiVersion)) {
    return {
      class: 'compensating',
      undo: `Creates the ${kind} again with the same spec; its uid changes and what it owned is orphaned.`,
    };
  }
  return irreversible(`a deleted ${kind} can't be brought back as it was`);
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

const CLAIM_MOMENTS = ['whenScaled', 'whenDeleted'] as const;

function deletesClaims(object: KubeObject, when: (typeof CLAIM_MOMENTS)[number]): boolean {
  return at(object, 'spec', 'persistentVolumeClaimRetentionPolicy', when) === 'Delete';
}

function irreversible(why: string): Classification {
  return { class: 'irreversible', undo: `None: ${why}.` };
}
