import { groupOf } from './kube.ts';

/**
 * The groups that the API server itself serves (Kubernetes 1.36, and those of earlier releases). The suffix says
 * nothing: `gateway.networking.k8s.io` and `snapshot.storage.k8s.io` are groups of custom resources.
 */
export const API_SERVER_GROUPS: readonly string[] = [
  '',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'extensions',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
];

/** Aggregated APIs that no definition stands behind: nothing of theirs is stored. */
const METRICS_GROUPS: readonly string[] = [
  'metrics.k8s.io',
  'custom.metrics.k8s.io',
  'external.metrics.k8s.io',
];

/** True for the groups of custom resources: whoever defined them chose their fields. */
export function isCustomGroup(group: string): boolean {
  return !API_SERVER_GROUPS.includes(group) && !METRICS_GROUPS.includes(group);
}

/** True for the kinds of Kubernetes itself; anything else is a custom resource. */
export function isBuiltIn(apiVersion: string): boolean {
  return !isCustomGroup(groupOf(apiVersion));
}
