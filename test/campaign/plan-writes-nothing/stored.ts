import {
  at,
  equalJson,
  isObject,
  type JsonObject,
  objectsOf,
  stringOf,
} from '../../../src/core/json.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';

/** A kind whose objects can be listed, with the address of all of them. */
export interface Listable {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly path: string;
}

/** Every kind that the API server lists, each in the version that it prefers. */
export async function listable(cluster: ControlPlaneClient): Promise<Listable[]> {
  const { json } = await cluster.request('GET', '/apis');
  const groups = objectsOf(at(json, 'groups')).map((group) =>
    String(at(group, 'preferredVersion', 'groupVersion')),
  );
  const found = await Promise.all(
    ['v1', ...groups].map(async (apiVersion) => {
      const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const answer = await cluster.request('GET', root);
      return objectsOf(at(answer.json, 'resources'))
        .filter(({ verbs }) => Array.isArray(verbs) && verbs.includes('list'))
        .map((resource) => ({
          kind: String(resource.kind),
          apiVersion,
          plural: String(resource.name),
          namespaced: resource.namespaced === true,
          path: `${root}/${String(resource.name)}`,
        }));
    }),
  );
  return found.flat();
}

/** What is stored, object by object: `apps/v1 deployments shop/web` and its version. */
export type Stored = ReadonlyMap<string, string>;

/**
 * Every object of every kind with its uid and resourceVersion. Left out, because others write them all the time:
 * Events, the heartbeats of nodes (their Leases) and of the API server (its Lease). Of Nodes
 * and autoscalers everything but the status counts.
 */
export async function stored(
  cluster: ControlPlaneClient,
  kinds: readonly Listable[],
): Promise<Stored> {
  const all = new Map<string, string>();
  await Promise.all(
    kinds.map(async (listed) => {
      const { json } = await cluster.request('GET', listed.path);
      for (const item of objectsOf(at(json, 'items'))) {
        if (isHeartbeat(listed, item)) continue;
        const text = (...path: string[]) => stringOf(at(item, 'metadata', ...path)) ?? '';
        const name = `${listed.apiVersion} ${listed.plural} ${text('namespace')}/${text('name')}`;
        all.set(name, `${text('uid')} ${versionOf(listed, item)}`);
      }
    }),
  );
  return all;
}

function isHeartbeat({ kind }: Listable, item: JsonObject): boolean {
  if (kind === 'Event') return true;
  if (kind !== 'Lease') return false;
  const namespace = at(item, 'metadata', 'namespace');
  const identity = at(item, 'metadata', 'labels', 'apiserver.kubernetes.io/identity');
  return namespace === 'kube-node-lease' || (namespace === 'kube-system' && identity !== undefined);
}

/** Their status is written by controllers as time passes, with nobody else there. */
const RESTLESS = ['Node', 'HorizontalPodAutoscaler'];

function versionOf({ kind }: Listable, item: JsonObject): string {
  if (!RESTLESS.includes(kind)) return stringOf(at(item, 'metadata', 'resourceVersion')) ?? '';
  const { status: _status, metadata, ...rest } = item;
  const { resourceVersion: _version, managedFields, ...kept } = isObject(metadata) ? metadata : {};
  const owners = objectsOf(managedFields).filter(({ subresource }) => subresource !== 'status');
  return JSON.stringify([rest, kept, owners]);
}

/** What differs, one sentence each. `leaseOfOurs` (namespace/name) is what a transaction holds, not what a plan writes. */
export function differences(before: Stored, after: Stored, leaseOfOurs: string): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    if (name === `coordination.k8s.io/v1 leases ${leaseOfOurs}`) return [];
    const [was, is] = [before.get(name), after.get(name)];
    if (equalJson(was ?? null, is ?? null)) return [];
    if (was === undefined) return [`${name} is new`];
    return [is === undefined ? `${name} is gone` : `${name} changed from ${was} to ${is}`];
  });
}
