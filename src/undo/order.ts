/**
 * Order of restores (transactions.md 3.6): what may block a restore first, what uses others last.
 * Strict last-in-first-out is wrong: it starts old pods before their ConfigMap is back.
 */
const TIERS: readonly (readonly string[])[] = [
  [
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ResourceQuota',
    'LimitRange',
  ],
  ['CustomResourceDefinition', 'PersistentVolume', 'StorageClass', 'PriorityClass'],
  ['Namespace', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'ServiceAccount'],
  ['ConfigMap', 'Secret', 'PersistentVolumeClaim'],
  ['Service', 'Ingress', 'NetworkPolicy', 'PodDisruptionBudget'],
  ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'CronJob', 'Job'],
  ['HorizontalPodAutoscaler'],
  ['Pod', 'Node'],
];

/** Lower is restored earlier. A kind not listed comes with the workloads. */
export function restoreTier(kind: string): number {
  const tier = TIERS.findIndex((kinds) => kinds.includes(kind));
  return tier < 0 ? 5 : tier;
}
