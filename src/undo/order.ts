import { groupKind, WORKLOADS } from './group-kind.ts';
import { isLoosened } from './loosened.ts';
import type { UndoStep } from './types.ts';

/** What may refuse or change the writes of others. */
const BLOCKERS: readonly string[] = [
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
  'MutatingWebhookConfiguration.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'MutatingAdmissionPolicy.admissionregistration.k8s.io',
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'ResourceQuota',
  'LimitRange',
];

/**
 * Order of restores: what may block a restore first, what uses others last.
 * Strict last-in-first-out is wrong: it starts old pods before their ConfigMap is back.
 */
const TIERS: readonly (readonly string[])[] = [
  BLOCKERS,
  [
    'CustomResourceDefinition.apiextensions.k8s.io',
    'PersistentVolume',
    'StorageClass.storage.k8s.io',
    'PriorityClass.scheduling.k8s.io',
  ],
  [
    'Namespace',
    'Role.rbac.authorization.k8s.io',
    'RoleBinding.rbac.authorization.k8s.io',
    'ClusterRole.rbac.authorization.k8s.io',
    'ClusterRoleBinding.rbac.authorization.k8s.io',
    'ServiceAccount',
  ],
  ['ConfigMap', 'Secret', 'PersistentVolumeClaim'],
  [
    'Service',
    'Ingress.networking.k8s.io',
    'NetworkPolicy.networking.k8s.io',
    'PodDisruptionBudget.policy',
  ],
  [...WORKLOADS, 'ReplicationController', 'CronJob.batch', 'Job.batch'],
  ['HorizontalPodAutoscaler.autoscaling'],
  ['Pod', 'Node'],
];

/** Where {@link TIERS} has the workloads. */
const WORKLOAD_TIER = 5;

/** After every restore, and before them all. */
const LAST = 1_000;
const FIRST = -1;

/** Lower is restored earlier. A kind not listed comes with the workloads. */
export function restoreTier(apiVersion: string, kind: string): number {
  const id = groupKind(apiVersion, kind);
  const tier = TIERS.findIndex((kinds) => kinds.includes(id));
  return tier < 0 ? WORKLOAD_TIER : tier;
}

/**
 * The place of one object among those to be taken back; lower is earlier. What we created goes after everything
 * that may refer to it, in the reverse order; but a blocker that we created goes first, and one that we removed or
 * loosened comes back last: it may have been the trouble (a dead webhook that refuses every write).
 */
export function restoreRank(
  object: { readonly apiVersion: string; readonly kind: string },
  steps: readonly UndoStep[],
): number {
  const { apiVersion, kind } = object;
  const id = groupKind(apiVersion, kind);
  const tier = restoreTier(apiVersion, kind);
  const first = steps[0]?.pre;
  // The labels of a namespace set the pod security of what is restored in it.
  const blocks = BLOCKERS.includes(id) || (id === 'Namespace' && first !== undefined);
  // An autoscaler that came or went here is put right before the counts that it would overrule.
  const isScaler = id === 'HorizontalPodAutoscaler.autoscaling' || id === 'ScaledObject.keda.sh';
  const gone = steps.some(({ verb }) => verb === 'delete');
  if (isScaler && (first === undefined || gone)) return WORKLOAD_TIER - 0.5;
  if (first === undefined) return blocks ? FIRST : LAST / 2 - tier;
  if (blocks) return isLoosened(id, first, steps.at(-1)?.post) ? LAST : 0;
  // A volume that was kept is let go of only once its claim is bound to it again.
  if (id === 'PersistentVolume' && steps.every(({ verb }) => verb !== 'delete')) return 3.5;
  return tier;
}

/** Whether an object goes away or comes back after all the restores, and which of these. */
export function placeOf(
  object: { readonly apiVersion: string; readonly kind: string },
  steps: readonly UndoStep[],
): 'among the restores' | 'cleaned up' | 'last' {
  const rank = restoreRank(object, steps);
  if (rank === LAST) return 'last';
  return rank > LAST / 2 - TIERS.length ? 'cleaned up' : 'among the restores';
}
