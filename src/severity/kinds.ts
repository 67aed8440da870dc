/** One kind that severity looks at. */
export interface WatchedKind {
  readonly kind: string;
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Every cluster serves it: a discovery without it is broken, not a cluster without it. */
  readonly essential: boolean;
  readonly fieldSelector?: string;
}

const namespaced = { namespaced: true, essential: false };
const essential = { namespaced: true, essential: true };
const clusterWide = { namespaced: false, essential: false };

/** What a snapshot lists, in the order in which it asks. */
export const WATCHED_KINDS: readonly WatchedKind[] = [
  { kind: 'Pod', group: '', plural: 'pods', ...essential },
  { kind: 'Deployment', group: 'apps', plural: 'deployments', ...essential },
  { kind: 'ReplicaSet', group: 'apps', plural: 'replicasets', ...essential },
  { kind: 'StatefulSet', group: 'apps', plural: 'statefulsets', ...namespaced },
  { kind: 'DaemonSet', group: 'apps', plural: 'daemonsets', ...namespaced },
  { kind: 'Service', group: '', plural: 'services', ...essential },
  { kind: 'EndpointSlice', group: 'discovery.k8s.io', plural: 'endpointslices', ...essential },
  { kind: 'Ingress', group: 'networking.k8s.io', plural: 'ingresses', ...namespaced },
  { kind: 'PersistentVolumeClaim', group: '', plural: 'persistentvolumeclaims', ...namespaced },
  { kind: 'Job', group: 'batch', plural: 'jobs', ...namespaced },
  { kind: 'CronJob', group: 'batch', plural: 'cronjobs', ...namespaced },
  {
    kind: 'HorizontalPodAutoscaler',
    group: 'autoscaling',
    plural: 'horizontalpodautoscalers',
    ...namespaced,
  },
  { kind: 'PodDisruptionBudget', group: 'policy', plural: 'poddisruptionbudgets', ...namespaced },
  { kind: 'ResourceQuota', group: '', plural: 'resourcequotas', ...namespaced },
  { kind: 'Event', group: '', plural: 'events', fieldSelector: 'type=Warning', ...namespaced },
  { kind: 'Namespace', group: '', plural: 'namespaces', ...clusterWide },
  { kind: 'Node', group: '', plural: 'nodes', ...clusterWide },
  { kind: 'PersistentVolume', group: '', plural: 'persistentvolumes', ...clusterWide },
  { kind: 'StorageClass', group: 'storage.k8s.io', plural: 'storageclasses', ...clusterWide },
  {
    kind: 'ValidatingWebhookConfiguration',
    group: 'admissionregistration.k8s.io',
    plural: 'validatingwebhookconfigurations',
    ...clusterWide,
  },
  {
    kind: 'MutatingWebhookConfiguration',
    group: 'admissionregistration.k8s.io',
    plural: 'mutatingwebhookconfigurations',
    ...clusterWide,
  },
  { kind: 'APIService', group: 'apiregistration.k8s.io', plural: 'apiservices', ...clusterWide },
];

/** Key in `Snapshot.objects` of the slices behind webhooks whose Service lies outside the scope. */
export const WEBHOOK_SLICES = 'EndpointSlice of webhooks';

const OUTSIDE = 'outside: ';

/**
 * How `Unknown.what` names a list. With `outside` it starts with `outside: `: a cluster-wide kind
 * that this identity may not read while only some namespaces are measured.
 */
export function unknownName(plural: string, namespace?: string, outside = false): string {
  return `${outside ? OUTSIDE : ''}${plural}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

/**
 * True for what the gate reports as "not observed" but doesn't close for. A team that may read one
 * namespace only would otherwise never commit anything; the gate still wants the same things hidden
 * before and after.
 */
export function isOutside(unknown: { readonly what: string }): boolean {
  return unknown.what.startsWith(OUTSIDE);
}
