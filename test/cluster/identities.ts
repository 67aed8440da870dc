import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';
import { USERS, type UserName } from './types.ts';

/** Who the parts of the control plane are to the API server. */
export const COMPONENTS = {
  controllerManager: 'system:kube-controller-manager',
  scheduler: 'system:kube-scheduler',
  /** Its own name, so that the audit log tells simulated nodes from tests. */
  nodes: 'simulated-nodes',
} as const;

export type Tokens = Readonly<Record<UserName | keyof typeof COMPONENTS, string>>;

/** The namespace that `mitigator` may change Deployments in from the start. */
export const MITIGATOR_NAMESPACE = 'shop';

export function newTokens(): Tokens {
  const names = [...USERS, ...(Object.keys(COMPONENTS) as (keyof typeof COMPONENTS)[])];
  const entries = names.map((name) => [name, randomBytes(24).toString('base64url')]);
  return Object.fromEntries(entries) as Tokens;
}

/** The CSV of `--token-auth-file`: token, user name, uid, groups. */
export function tokenFile(tokens: Tokens): string {
  const masters = new Set(['admin', COMPONENTS.nodes]);
  const users: [token: string, name: string][] = [
    ...USERS.map((name): [string, string] => [tokens[name], name]),
    [tokens.controllerManager, COMPONENTS.controllerManager],
    [tokens.scheduler, COMPONENTS.scheduler],
    [tokens.nodes, COMPONENTS.nodes],
  ];
  return users
    .map(
      ([token, name]) => `${token},${name},${name}${masters.has(name) ? ',system:masters' : ''}\n`,
    )
    .join('');
}

export function kubeconfigText(options: {
  readonly server: string;
  readonly caPem: string;
  readonly user: string;
  readonly token: string;
  readonly namespace?: string | undefined;
}): string {
  const { server, caPem, user, token, namespace } = options;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: {
          server,
          'certificate-authority-data': Buffer.from(caPem).toString('base64'),
        },
      },
    ],
    users: [{ name: user, user: { token } }],
    contexts: [
      {
        name: 'test',
        context: { cluster: 'test', user, ...(namespace === undefined ? {} : { namespace }) },
      },
    ],
  });
}

const RBAC = 'rbac.authorization.k8s.io';
const READ = ['get', 'list', 'watch'];

const asUser = (name: UserName) => ({ apiGroup: RBAC, kind: 'User', name });

/** Roles and bindings of the test identities that hold everywhere. */
export function clusterRoleManifests(): object[] {
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'test-cluster-reader' },
      rules: [
        {
          apiGroups: [''],
          resources: ['nodes', 'namespaces', 'persistentvolumes', 'events'],
          verbs: READ,
        },
        { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: READ },
        { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: READ },
        { apiGroups: ['scheduling.k8s.io'], resources: ['priorityclasses'], verbs: READ },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: READ },
        { apiGroups: ['apiextensions.k8s.io'], resources: ['*'], verbs: READ },
        { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: READ },
        { apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: READ },
        { apiGroups: [RBAC], resources: ['*'], verbs: READ },
      ],
    },
    clusterRoleBinding('test-view', 'view'),
    clusterRoleBinding('test-cluster-reader', 'test-cluster-reader'),
  ];
}

function clusterRoleBinding(name: string, role: string): object {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: role },
    subjects: [asUser('reader'), asUser('mitigator')],
  };
}

/** Lets `mitigator` change Deployments, and nothing else, in one namespace. */
export function mitigatorManifests(namespace: string): object[] {
  const metadata = { name: 'test-mitigator', namespace };
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        {
          apiGroups: ['apps'],
          resources: ['deployments', 'deployments/scale'],
          verbs: [...READ, 'create', 'update', 'patch', 'delete'],
        },
      ],
    },
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: RBAC, kind: 'Role', name: 'test-mitigator' },
      subjects: [asUser('mitigator')],
    },
  ];
}
