import { at, equalJson, numberOf, stringOf } from '../../core/json.ts';
import { desiredReplicas, type KubeObject } from '../../core/kube.ts';
import { CLAIM_MOMENTS, deletesClaims, hasClaims, losesClaims } from '../claim-retention.ts';
import { isOfDeployment, OF_DEPLOYMENT } from '../replica-sets.ts';
import { changed, lowered, REFUSED, SAME, type Update, type UpdateRow } from './types.ts';

const STATEFUL_SET = ['StatefulSet.apps'];
const DEPLOYMENT = ['Deployment.apps'];
const DAEMON_SET = ['DaemonSet.apps'];
const REPLICATED = [
  'Deployment.apps',
  'StatefulSet.apps',
  'ReplicaSet.apps',
  'ReplicationController',
];

const SCALED_BACK = 'Scales back to {replicas}; the newest pods go, if those of before are ready.';
const KEPT_PODS = 'count equal; the pods of before that are ready are still there';
const REVISION =
  'template equal; every pod of the restored revision (controller-revision-hash) and Ready, stuck ones started anew';

/** Controllers of pods. What is exact here is so for the pods as well. */
export const WORKLOAD_ROWS: readonly UpdateRow[] = [
  {
    id: 'history-limit-lowered',
    verb: 'update',
    kinds: [...DEPLOYMENT, ...STATEFUL_SET, ...DAEMON_SET],
    what: '`spec.revisionHistoryLimit`, less',
    holds: (update) => lowered(update, 'spec', 'revisionHistoryLimit'),
    class: 'irreversible',
    undo: 'a lower revisionHistoryLimit deletes old revisions at once',
    verified: REFUSED,
  },
  {
    id: 'claims-deleted-by-scale',
    verb: 'update',
    kinds: STATEFUL_SET,
    what: 'fewer replicas or other ordinals where `whenScaled` is Delete',
    holds: (update) =>
      deletesClaims(update.after, 'whenScaled') &&
      (fewer(update) || changed(update, 'spec', 'ordinals')),
    class: 'irreversible',
    undo: 'persistentVolumeClaimRetentionPolicy Delete removes claims and their data',
    verified: REFUSED,
  },
  {
    id: 'claims-to-be-deleted',
    verb: 'update',
    kinds: STATEFUL_SET,
    what: '`spec.persistentVolumeClaimRetentionPolicy` to Delete',
    holds: ({ before, after }) =>
      CLAIM_MOMENTS.some((when) => deletesClaims(after, when) && !deletesClaims(before, when)),
    class: 'irreversible',
    undo: 'persistentVolumeClaimRetentionPolicy Delete removes claims and their data',
    verified: REFUSED,
  },
  {
    id: 'claims-deleted-by-undo',
    verb: 'update',
    kinds: STATEFUL_SET,
    what: 'more replicas with `volumeClaimTemplates` where `whenScaled` is Delete, or was until this update',
    holds: ({ before, after }) => losesClaims(after, before),
    class: 'irreversible',
    undo: 'scaling back would delete the claims of the added pods, also those with data of before (persistentVolumeClaimRetentionPolicy whenScaled: Delete); set whenScaled to Retain first, and commit that',
    verified: REFUSED,
  },
  {
    id: 'scale-down-mid-rollout',
    verb: 'update',
    kinds: DEPLOYMENT,
    what: 'fewer replicas during a rollout',
    holds: (update) => fewer(update) && isMidRollout(update.before),
    class: 'irreversible',
    undo: 'a rollout is under way, so pods of the earlier revision serve, and scaling back would start pods of the new one',
    verified: REFUSED,
  },
  {
    id: 'scale-of-deployment',
    verb: 'update',
    kinds: ['ReplicaSet.apps'],
    what: '`spec.replicas` of one that a Deployment controls',
    holds: (update) => changed(update, 'spec', 'replicas') && isOfDeployment(update.before),
    class: 'irreversible',
    undo: OF_DEPLOYMENT,
    verified: REFUSED,
  },
  {
    id: 'scale-down',
    verb: 'update',
    kinds: REPLICATED,
    what: 'fewer replicas',
    holds: fewer,
    class: 'compensating',
    undo: 'Scales back to {replicas}; the pods will be new ones.',
    verified: 'count equal and Ready; of a StatefulSet the same claims (uid)',
  },
  {
    id: 'scale-up-with-claims',
    verb: 'update',
    kinds: STATEFUL_SET,
    what: 'more replicas with `volumeClaimTemplates`',
    holds: (update) => more(update) && hasClaims(update.after),
    class: 'compensating',
    undo: 'Scales back to {replicas}; the claims made for the added pods stay.',
    verified: KEPT_PODS,
  },
  {
    id: 'ordinals',
    verb: 'update',
    kinds: STATEFUL_SET,
    what: '`spec.ordinals`',
    holds: (update) => changed(update, 'spec', 'ordinals'),
    class: 'compensating',
    undo: 'Puts the ordinals back; pods that went with them are started anew on their claims.',
    verified: REVISION,
  },
  {
    id: 'template-and-pods',
    verb: 'update',
    kinds: [...STATEFUL_SET, ...DAEMON_SET],
    what: '`spec.template` (image, env, restart, rollout undo…)',
    holds: (update) => changed(update, 'spec', 'template'),
    class: 'compensating',
    undo: 'Puts the old template back; pods of a rollout that has finished are replaced once more.',
    verified: REVISION,
  },
  {
    id: 'strategy-lets-go',
    verb: 'update',
    kinds: [...STATEFUL_SET, ...DAEMON_SET],
    what: '`spec.updateStrategy` that lets a held-back revision roll (a lower partition, OnDelete to RollingUpdate)',
    holds: (update) => letsGo(update),
    class: 'compensating',
    undo: 'Holds the revision back again; pods that were replaced meanwhile stay on it.',
    verified: 'strategy equal; which pods stay on the later revision is reported',
  },
  {
    id: 'resume-mid-rollout',
    verb: 'update',
    kinds: DEPLOYMENT,
    what: '`spec.paused` to false with a template that not all pods have',
    holds: (update) =>
      at(update.before, 'spec', 'paused') === true &&
      at(update.after, 'spec', 'paused') !== true &&
      isMidRollout(update.before),
    class: 'compensating',
    undo: 'Pauses it again; pods that were replaced meanwhile stay on the later template.',
    verified: 'template and pause equal; which pods stay on the later template is reported',
  },
  {
    id: 'template-drops-history',
    verb: 'update',
    kinds: DEPLOYMENT,
    what: '`spec.template` when as many revisions are kept as `revisionHistoryLimit` allows',
    holds: (update) => changed(update, 'spec', 'template') && isHistoryFull(update.before),
    class: 'compensating',
    undo: 'Puts the old template back; when the rollout finishes, the oldest revision drops out of its history.',
    verified: 'template equal; the ReplicaSet of the old template is the active one',
  },
  {
    id: 'template-deployment',
    verb: 'update',
    kinds: DEPLOYMENT,
    what: '`spec.template` (image, env, restart, rollout undo…)',
    holds: (update) => changed(update, 'spec', 'template'),
    class: 'exact',
    undo: 'Puts the old template back; pods of a rollout that has finished are replaced once more.',
    verified: `${SAME}; the same ReplicaSet is active again, and in mid-rollout the same pods`,
  },
  {
    id: 'scale-up',
    verb: 'update',
    kinds: REPLICATED,
    what: 'more replicas',
    holds: more,
    class: 'exact',
    undo: SCALED_BACK,
    verified: `${SAME}; ${KEPT_PODS}`,
  },
  {
    id: 'update-workload',
    verb: 'update',
    kinds: [...REPLICATED, ...DAEMON_SET],
    what: 'any other field (pause, strategy, deadlines, the template of a ReplicaSet…)',
    class: 'exact',
    undo: 'Puts the changed fields back; what others changed meanwhile is kept.',
    verified: SAME,
  },
];

function fewer({ before, after }: Update): boolean {
  return desiredReplicas(after) < desiredReplicas(before);
}

function more({ before, after }: Update): boolean {
  return desiredReplicas(after) > desiredReplicas(before);
}

/** True while pods of an earlier template still run. */
function isMidRollout(deployment: KubeObject): boolean {
  const pods = numberOf(at(deployment, 'status', 'replicas')) ?? 0;
  const updated = numberOf(at(deployment, 'status', 'updatedReplicas')) ?? 0;
  return updated < pods;
}

/** Its controller numbers revisions from one and keeps the last `revisionHistoryLimit` besides the present one. */
function isHistoryFull(deployment: KubeObject): boolean {
  const limit = numberOf(at(deployment, 'spec', 'revisionHistoryLimit')) ?? 10;
  const { annotations } = deployment.metadata;
  return Number(annotations?.['deployment.kubernetes.io/revision'] ?? 0) > limit;
}

/** True when pods that a strategy held back from the newest revision may now be replaced. */
function letsGo({ before, after }: Update): boolean {
  if (!isHeldBack(before)) return false;
  const was = strategyOf(before);
  const is = strategyOf(after);
  if (is.type === 'OnDelete') return false;
  return was.type === 'OnDelete' || is.partition < was.partition;
}

function strategyOf(set: KubeObject): { type: string; partition: number } {
  const strategy = at(set, 'spec', 'updateStrategy');
  return {
    type: stringOf(at(strategy, 'type')) ?? 'RollingUpdate',
    partition: numberOf(at(strategy, 'rollingUpdate', 'partition')) ?? 0,
  };
}

/** True when its pods are not all of the newest revision. */
function isHeldBack(set: KubeObject): boolean {
  const count = (field: string) => numberOf(at(set, 'status', field)) ?? 0;
  if (set.kind === 'DaemonSet') {
    return count('updatedNumberScheduled') < count('desiredNumberScheduled');
  }
  const revisions = ['currentRevision', 'updateRevision'].map((name) => at(set, 'status', name));
  return !equalJson(revisions[0], revisions[1]) || count('updatedReplicas') < count('replicas');
}
