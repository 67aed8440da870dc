import { at, type JsonObject, objectsOf, stringOf } from '../../../core/json.ts';
import { controllerOf, describeRef, type KubeObject, refOf } from '../../../core/kube.ts';
import { stateOf } from '../state.ts';
import { lackingKeys, podReferences, podSpecOf } from './pod-references.ts';
import type { Surroundings } from './surroundings.ts';

/** Something that uses a ConfigMap, Secret, claim or ServiceAccount. */
export interface User {
  readonly user: string;
  readonly how: readonly string[];
  readonly state: string;
  /** Keys it needs and that aren't there. */
  readonly lacks: readonly string[];
}

/** The kinds whose users {@link usersOf} finds. */
export const USED_KINDS: ReadonlySet<string> = new Set([
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
  'ServiceAccount',
]);

const POD = { apiVersion: 'v1', kind: 'Pod' };
const WORKLOADS = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  { apiVersion: 'batch/v1', kind: 'CronJob' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet' },
];

/**
 * Who uses the object: by the templates of workloads, which count even at zero replicas, then pods
 * that no such template explains (claims of a StatefulSet, bare pods, operators' pods), Ingresses
 * and ServiceAccounts.
 */
export async function usersOf(object: KubeObject, around: Surroundings): Promise<User[]> {
  const { namespace } = object.metadata;
  const lists = await Promise.all(WORKLOADS.map((kind) => around.list({ ...kind, namespace })));
  const workloads = lists.flat();
  const users = new Map<string, User>();
  for (const workload of workloads) {
    const user = controllerOf(workload) ? undefined : userOf(workload, object);
    if (user) users.set(user.user, user);
  }
  const byUid = new Map(workloads.map((it) => [it.metadata.uid, it]));
  for (const pod of await around.list({ ...POD, namespace })) {
    const user = userOf(pod, object);
    if (user === undefined) continue;
    const root = rootOf(pod, byUid);
    if (!users.has(root.user)) users.set(root.user, { ...user, ...root });
  }
  return [...users.values(), ...(await otherUsers(object, around))];
}

/** The topmost owner, as far as it is among the workloads that were read. */
function rootOf(pod: KubeObject, byUid: ReadonlyMap<string | undefined, KubeObject>) {
  let here = pod;
  for (;;) {
    const reference = controllerOf(here);
    if (reference === undefined) return headOf(here);
    const owner = byUid.get(stringOf(reference.uid));
    if (owner === undefined) {
      const { namespace } = pod.metadata;
      const kind = stringOf(reference.kind) ?? 'object';
      return {
        user: describeRef({ kind, namespace, name: stringOf(reference.name) ?? '' }),
        state: '',
      };
    }
    here = owner;
  }
}

function headOf(object: KubeObject): { user: string; state: string } {
  return { user: describeRef(refOf(object)), state: stateOf(object) };
}

function userOf(user: KubeObject, used: KubeObject): User | undefined {
  const spec = podSpecOf(user);
  const { name } = used.metadata;
  // Pods without a name of their own for it run as `default`.
  if (used.kind === 'ServiceAccount' && name === 'default') {
    const account = stringOf(spec.serviceAccountName) ?? 'default';
    if (account !== 'default') return undefined;
    return { ...headOf(user), how: ['runs as default'], lacks: [] };
  }
  const reference = podReferences(spec).find((it) => it.kind === used.kind && it.name === name);
  if (reference === undefined) return undefined;
  const hasKeys = used.kind === 'ConfigMap' || used.kind === 'Secret';
  const lacks = hasKeys ? lackingKeys(reference.keys, used) : [];
  return { ...headOf(user), how: reference.how, lacks };
}

/** What uses a Secret without being a pod. */
async function otherUsers(secret: KubeObject, around: Surroundings): Promise<User[]> {
  if (secret.kind !== 'Secret') return [];
  const { namespace, name } = secret.metadata;
  const [ingresses, accounts] = await Promise.all([
    around.list({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', namespace }),
    around.list({ apiVersion: 'v1', kind: 'ServiceAccount', namespace }),
  ]);
  const named = (list: JsonObject[string], field: string) =>
    objectsOf(list).some((it) => it[field] === name);
  const plain = (user: KubeObject, how: string): User => ({
    ...headOf(user),
    how: [how],
    lacks: [],
  });
  return [
    ...ingresses
      .filter((it) => named(at(it, 'spec', 'tls'), 'secretName'))
      .map((it) => plain(it, 'tls')),
    ...accounts
      .filter((it) => named(it.imagePullSecrets, 'name') || named(it.secrets, 'name'))
      .map((it) => plain(it, named(it.imagePullSecrets, 'name') ? 'imagePullSecrets' : 'secrets')),
  ];
}
