import { groupKind, WORKLOADS } from './group-kind.ts';

/**
 * Order of restores: what may block a restore first, what uses others last.
 * Strict last-in-first-out is wrong: it starts old pods before their ConfigMap is back.
 */
const TIERS: readonly (readonly string[])[] = [
  [
    'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
    'MutatingWebhookConfiguration.admissionregistration.k8s.io',
    'ValidatingAdmissionPolicy.admissionregistration.k8s.io',
    'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io',
    'ResourceQuota',
    'LimitRange',
  ],
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
  [...WORKLOADS, 'CronJob.batch', 'Job.batch'],
  ['HorizontalPodAutoscaler.autoscaling'],
  ['Pod', 'Node'],
];

/** Lower is restored earlier. A kind not listed comes with the workloads. */
export function restoreTier(apiVersion: string, kind: string): number {
  const id = groupKind(apiVersion, kind);
  const tier = TIERS.findIndex((kinds) => kinds.includes(id));
  return tier < 0 ? 5 : tier;
}
