import { arrayOf, at, stringOf } from '../../core/json.ts';
import { deletesClaims, hasClaims } from '../claim-retention.ts';
import { PLAIN } from '../group-kind.ts';
import { type CreateRow, REFUSED } from './types.ts';

const GONE = 'it is gone; nothing that it owned is left';
const DELETED_AGAIN = 'Deletes the {kind} again, if it is still the one created here.';

/** The server puts them on at once, and takes them off as soon as nothing uses the object. */
const IN_USE = [
  'kubernetes.io/pvc-protection',
  'kubernetes.io/pv-protection',
  'kubernetes.io/vac-protection',
];

/** What a create is answered with. What has lasting effects besides the object can't be taken back by its delete. */
export const CREATE_ROWS: readonly CreateRow[] = [
  {
    id: 'create-lasting',
    verb: 'create',
    kinds: [
      'Binding',
      'Event',
      'Event.events.k8s.io',
      'Namespace',
      'Node',
      'PersistentVolume',
      'CertificateSigningRequest.certificates.k8s.io',
      'CustomResourceDefinition.apiextensions.k8s.io',
      'Eviction.policy',
      'Lease.coordination.k8s.io',
      'TokenRequest.authentication.k8s.io',
      'TokenReview.authentication.k8s.io',
    ],
    what: 'anything: others answer to it at once, and what they did would go or stay with it',
    class: 'irreversible',
    undo: 'creating a {kind} has effects that deleting it does not take back',
    verified: REFUSED,
  },
  {
    id: 'create-finalizers',
    verb: 'create',
    kinds: 'every kind',
    what: 'with finalizers',
    holds: (after) =>
      arrayOf(after.metadata.finalizers).some((one) => !IN_USE.includes(stringOf(one) ?? '')),
    class: 'irreversible',
    undo: 'its finalizers would hold it when it is deleted again',
    verified: REFUSED,
  },
  {
    id: 'create-claims-deleted',
    verb: 'create',
    kinds: ['StatefulSet.apps'],
    what: 'with `volumeClaimTemplates` where `whenDeleted` is Delete',
    holds: (after) => hasClaims(after) && deletesClaims(after, 'whenDeleted'),
    class: 'irreversible',
    undo: 'deleting it again would delete the claims that it makes, and those of their names that it finds, with their data (persistentVolumeClaimRetentionPolicy whenDeleted: Delete); create it with Retain',
    verified: REFUSED,
  },
  {
    id: 'create-claims',
    verb: 'create',
    kinds: ['StatefulSet.apps'],
    what: 'with `volumeClaimTemplates`',
    holds: hasClaims,
    class: 'compensating',
    undo: 'Deletes the StatefulSet again; the claims it made, and their data, stay.',
    verified: 'it and its pods are gone',
  },
  {
    id: 'create-claim',
    verb: 'create',
    kinds: ['PersistentVolumeClaim'],
    what: 'anything',
    class: 'compensating',
    undo: 'Deletes the claim again; what became of the volume it got is up to that one’s reclaim policy.',
    verified: 'it is gone',
  },
  {
    id: 'create-run',
    verb: 'create',
    kinds: ['Pod', 'Job.batch'],
    what: 'anything',
    class: 'compensating',
    undo: 'Deletes the {kind} again; the work it ran stays done.',
    verified: GONE,
  },
  {
    id: 'create-cron-job',
    verb: 'create',
    kinds: ['CronJob.batch'],
    what: 'that is not suspended',
    holds: (after) => at(after, 'spec', 'suspend') !== true,
    class: 'compensating',
    undo: 'Deletes the CronJob again; the work of runs that it started stays done.',
    verified: GONE,
  },
  {
    id: 'create-autoscaler',
    verb: 'create',
    kinds: ['HorizontalPodAutoscaler.autoscaling'],
    what: 'anything',
    class: 'compensating',
    undo: 'Deletes it again; the replicas that it set meanwhile stay.',
    verified: 'it is gone',
  },
  {
    id: 'create',
    verb: 'create',
    kinds: [
      ...PLAIN,
      'Deployment.apps',
      'StatefulSet.apps',
      'DaemonSet.apps',
      'ReplicaSet.apps',
      'ReplicationController',
      'Endpoints',
      'EndpointSlice.discovery.k8s.io',
    ],
    what: 'anything else',
    class: 'exact',
    undo: DELETED_AGAIN,
    verified: GONE,
  },
];

/** What counts when no row of the kind speaks of the create; the first that holds. */
export const CREATE_OTHERWISE: readonly CreateRow[] = [
  {
    id: 'create-custom',
    verb: 'create',
    kinds: 'custom resources',
    what: 'without finalizers; what its operator does outside of the cluster is not looked at',
    class: 'exact',
    undo: DELETED_AGAIN,
    verified: GONE,
  },
  {
    id: 'create-unknown',
    verb: 'create',
    kinds: 'every kind',
    what: 'a built-in kind that this table does not name',
    class: 'irreversible',
    undo: 'nobody has shown that creating a {kind} can be taken back',
    verified: REFUSED,
  },
];
