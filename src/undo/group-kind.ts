import { groupOf } from '../core/kube.ts';

/**
 * A kind with its group, as Kubernetes writes a GroupKind: `Deployment.apps`, and `Pod` in the core group.
 * The kind alone is not enough: others name their resources Service or StatefulSet as well.
 */
export function groupKind(apiVersion: string, kind: string): string {
  const group = groupOf(apiVersion);
  return group === '' ? kind : `${kind}.${group}`;
}

/** Controllers of pods whose rules (pods, replicas, templates) are known. */
export const WORKLOADS: readonly string[] = [
  'Deployment.apps',
  'StatefulSet.apps',
  'DaemonSet.apps',
  'ReplicaSet.apps',
];

/**
 * Kinds about which nothing but their fields says anything: an update is put back field by field, and a delete is
 * compensated by creating them again, with the same spec and another uid.
 */
export const PLAIN: readonly string[] = [
  'ConfigMap',
  'Secret',
  'Service',
  'ServiceAccount',
  'ResourceQuota',
  'LimitRange',
  'Ingress.networking.k8s.io',
  'IngressClass.networking.k8s.io',
  'NetworkPolicy.networking.k8s.io',
  'PodDisruptionBudget.policy',
  'HorizontalPodAutoscaler.autoscaling',
  'Role.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
  'ClusterRole.rbac.authorization.k8s.io',
  'ClusterRoleBinding.rbac.authorization.k8s.io',
  'StorageClass.storage.k8s.io',
  'CronJob.batch',
  'PriorityClass.scheduling.k8s.io',
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io',
  'MutatingWebhookConfiguration.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io',
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'MutatingAdmissionPolicy.admissionregistration.k8s.io',
  'MutatingAdmissionPolicyBinding.admissionregistration.k8s.io',
  'FlowSchema.flowcontrol.apiserver.k8s.io',
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io',
  'RuntimeClass.node.k8s.io',
  'CSIDriver.storage.k8s.io',
  'APIService.apiregistration.k8s.io',
  'VolumeAttributesClass.storage.k8s.io',
  'DeviceClass.resource.k8s.io',
  'ResourceClaimTemplate.resource.k8s.io',
  'PodTemplate',
];

/** What controllers write over and over: a deleted one is made anew by itself. */
export const REMADE: readonly string[] = [
  'Endpoints',
  'Event',
  'Event.events.k8s.io',
  'EndpointSlice.discovery.k8s.io',
  'Lease.coordination.k8s.io',
];
