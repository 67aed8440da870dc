/** One kind that the simulated API server serves. */
export interface KindDefinition {
  readonly group: string;
  readonly version: string;
  /** `v1`, `apps/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Name of its type in the schemas. */
  readonly schema: string;
  /** It can be read, but what it would do is not simulated: there are none. */
  readonly unenforced: boolean;
  /** metadata.generation counts changes of the spec. */
  readonly counted: boolean;
}

export type Subresource = 'status' | 'scale' | 'log' | 'eviction' | 'binding';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const READ = ['get', 'list', 'watch'];

interface Options {
  readonly short?: string;
  readonly all?: boolean;
  readonly sub?: readonly Subresource[];
  readonly cluster?: boolean;
  readonly counted?: boolean;
  readonly plural?: string;
  readonly without?: string;
  readonly unenforced?: boolean;
}

function kind(apiVersion: string, name: string, options: Options = {}): KindDefinition {
  const slash = apiVersion.indexOf('/');
  const singular = name.toLowerCase();
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    apiVersion,
    kind: name,
    plural: options.plural ?? `${singular}s`,
    singular,
    shortNames: options.short === undefined ? [] : [options.short],
    categories: options.all ? ['all'] : [],
    namespaced: !options.cluster,
    verbs: options.unenforced ? READ : VERBS.filter((verb) => verb !== options.without),
    unenforced: options.unenforced ?? false,
    subresources: options.sub ?? [],
    schema: name,
    counted: options.counted ?? false,
  };
}

const status = { sub: ['status'] } as const;
const scaled = { sub: ['scale', 'status'], all: true, counted: true } as const;

/** All kinds, in the order of discovery. */
export const KINDS: readonly KindDefinition[] = [
  kind('v1', 'ConfigMap', { short: 'cm' }),
  kind('v1', 'Event', { short: 'ev' }),
  kind('v1', 'LimitRange', { short: 'limits', unenforced: true }),
  kind('v1', 'Namespace', {
    short: 'ns',
    cluster: true,
    without: 'deletecollection',
    ...status,
  }),
  kind('v1', 'Node', { short: 'no', cluster: true, ...status }),
  kind('v1', 'PersistentVolumeClaim', { short: 'pvc', ...status }),
  kind('v1', 'PersistentVolume', { short: 'pv', cluster: true, ...status }),
  kind('v1', 'Pod', {
    short: 'po',
    all: true,
    counted: true,
    sub: ['binding', 'eviction', 'log', 'status'],
  }),
  kind('v1', 'ResourceQuota', { short: 'quota', ...status }),
  kind('v1', 'Secret'),
  kind('v1', 'ServiceAccount', { short: 'sa' }),
  kind('v1', 'Service', { short: 'svc', all: true, ...status }),
  kind('apps/v1', 'ControllerRevision'),
  kind('apps/v1', 'DaemonSet', { short: 'ds', all: true, counted: true, ...status }),
  kind('apps/v1', 'Deployment', { short: 'deploy', ...scaled }),
  kind('apps/v1', 'ReplicaSet', { short: 'rs', ...scaled }),
  kind('apps/v1', 'StatefulSet', { short: 'sts', ...scaled }),
  kind('autoscaling/v2', 'HorizontalPodAutoscaler', { short: 'hpa', all: true, unenforced: true }),
  kind('batch/v1', 'CronJob', { short: 'cj', all: true, unenforced: true }),
  kind('batch/v1', 'Job', { all: true, counted: true, ...status }),
  kind('coordination.k8s.io/v1', 'Lease'),
  kind('discovery.k8s.io/v1', 'EndpointSlice', { counted: true }),
  kind('networking.k8s.io/v1', 'Ingress', {
    short: 'ing',
    plural: 'ingresses',
    counted: true,
    ...status,
  }),
  kind('networking.k8s.io/v1', 'NetworkPolicy', {
    short: 'netpol',
    plural: 'networkpolicies',
    counted: true,
  }),
  kind('policy/v1', 'PodDisruptionBudget', { short: 'pdb', counted: true, ...status }),
  kind('rbac.authorization.k8s.io/v1', 'RoleBinding', { unenforced: true }),
  kind('rbac.authorization.k8s.io/v1', 'Role', { unenforced: true }),
  kind('scheduling.k8s.io/v1', 'PriorityClass', {
    short: 'pc',
    plural: 'priorityclasses',
    cluster: true,
    counted: true,
  }),
  kind('storage.k8s.io/v1', 'StorageClass', {
    short: 'sc',
    plural: 'storageclasses',
    cluster: true,
  }),
];

const BY_NAME = new Map(KINDS.map((one) => [one.kind, one]));

/** @throws Error for a kind that isn't served: a defect of the caller. */
export function kindNamed(name: string): KindDefinition {
  const found = BY_NAME.get(name);
  if (found === undefined) throw new Error(`no simulated kind ${name}`);
  return found;
}

/** `deployments.apps`, `pods`. */
export function groupResource({ plural, group }: KindDefinition): string {
  return group === '' ? plural : `${plural}.${group}`;
}
