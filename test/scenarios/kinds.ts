/** A collection of the API: its root and its plural. */
export interface Collection {
  readonly kind: string;
  readonly root: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const inNamespaces = (root: string, kinds: Readonly<Record<string, string>>): Collection[] =>
  Object.entries(kinds).map(([kind, plural]) => ({ kind, root, plural, namespaced: true }));

/** All kinds that a card injects into, repairs, or that controllers make of them. */
export const COLLECTIONS: readonly Collection[] = [
  ...inNamespaces('/api/v1', {
    ConfigMap: 'configmaps',
    LimitRange: 'limitranges',
    PersistentVolumeClaim: 'persistentvolumeclaims',
    Pod: 'pods',
    ResourceQuota: 'resourcequotas',
    Secret: 'secrets',
    Service: 'services',
    ServiceAccount: 'serviceaccounts',
  }),
  ...inNamespaces('/apis/apps/v1', {
    ControllerRevision: 'controllerrevisions',
    DaemonSet: 'daemonsets',
    Deployment: 'deployments',
    ReplicaSet: 'replicasets',
    StatefulSet: 'statefulsets',
  }),
  ...inNamespaces('/apis/autoscaling/v2', { HorizontalPodAutoscaler: 'horizontalpodautoscalers' }),
  ...inNamespaces('/apis/batch/v1', { CronJob: 'cronjobs', Job: 'jobs' }),
  ...inNamespaces('/apis/discovery.k8s.io/v1', { EndpointSlice: 'endpointslices' }),
  ...inNamespaces('/apis/networking.k8s.io/v1', {
    Ingress: 'ingresses',
    NetworkPolicy: 'networkpolicies',
  }),
  ...inNamespaces('/apis/policy/v1', { PodDisruptionBudget: 'poddisruptionbudgets' }),
  ...inNamespaces('/apis/rbac.authorization.k8s.io/v1', {
    Role: 'roles',
    RoleBinding: 'rolebindings',
  }),
  { kind: 'Namespace', root: '/api/v1', plural: 'namespaces', namespaced: false },
  { kind: 'Node', root: '/api/v1', plural: 'nodes', namespaced: false },
  {
    kind: 'PersistentVolume',
    root: '/api/v1',
    plural: 'persistentvolumes',
    namespaced: false,
  },
];

/** @throws Error for a kind that no card has needed yet */
export function collectionOf(kind: string): Collection {
  const found = COLLECTIONS.find((it) => it.kind === kind);
  if (found === undefined) throw new Error(`no scenario knows ${kind}; add it to COLLECTIONS`);
  return found;
}

export function pathOf(kind: string, namespace: string): string {
  const { root, plural, namespaced } = collectionOf(kind);
  return namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
}
