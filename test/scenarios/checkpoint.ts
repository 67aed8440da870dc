import {
  at,
  type Json,
  type JsonObject,
  numberOf,
  objectsOf,
  stringOf,
} from '../../src/core/json.ts';
import { isKubeObject, type KubeObject } from '../../src/core/kube.ts';
import { diffPaths } from '../../src/undo/diff.ts';
import { comparableManagedFields } from '../../src/undo/managed-fields.ts';
import { normalise } from '../../src/undo/normalise.ts';
import { formatPath } from '../../src/undo/path.ts';
import { unknownShape } from '../../src/undo/shape.ts';
import { COLLECTIONS, pathOf } from './kinds.ts';
import type { Ground } from './types.ts';

/** Made of other objects by controllers; ReplicaSets and pods are looked at in a way of their own. */
const DERIVED = ['ControllerRevision', 'EndpointSlice', 'Pod', 'ReplicaSet'];
/** Kubelets and controllers write to them all the time, so their field owners move without us. */
const SHARED = ['Namespace', 'Node', 'PersistentVolume'];
const REVISION = 'deployment.kubernetes.io/revision';

/** What an undo has to bring back: all that people own, with its history, and how much of it serves. */
export interface Checkpoint {
  /** By `Kind/namespace/name`. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** ReplicaSets by `ReplicaSet/namespace/name`. */
  readonly replicaSets: ReadonlyMap<string, KubeObject>;
  /** Ready pods by the ReplicaSet or other owner that they are of. */
  readonly ready: ReadonlyMap<string, number>;
}

export async function takeCheckpoint(ground: Ground): Promise<Checkpoint> {
  const objects = new Map<string, KubeObject>();
  const replicaSets = new Map<string, KubeObject>();
  const ready = new Map<string, number>();
  const read = async (kind: string, namespace: string) => {
    const { json } = await ground.cluster.request('GET', pathOf(kind, namespace));
    for (const item of objectsOf(at(json, 'items'))) {
      // The items of a list have no kind of their own.
      const object = { ...item, apiVersion: stringOf(json.apiVersion) ?? '', kind };
      if (!isKubeObject(object) || !isOurs(object, ground)) continue;
      const key = `${kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      if (kind === 'Pod') {
        if (isReady(object)) ready.set(ownerOf(object), (ready.get(ownerOf(object)) ?? 0) + 1);
      } else if (kind === 'ReplicaSet') replicaSets.set(key, object);
      else if (!DERIVED.includes(kind)) objects.set(key, object);
    }
  };
  await Promise.all(
    COLLECTIONS.flatMap(({ kind, namespaced }) =>
      namespaced
        ? [read(kind, ground.namespace), read(kind, ground.other)]
        : [read(kind, ground.namespace)],
    ),
  );
  return { objects, replicaSets, ready };
}

/** How the cluster differs from a checkpoint, one sentence each; empty when it is the same. */
export function differences(
  before: Checkpoint,
  now: Checkpoint,
  recreated: readonly string[] = [],
): string[] {
  const found: string[] = [];
  for (const key of new Set([...before.objects.keys(), ...now.objects.keys()])) {
    const [was, is] = [before.objects.get(key), now.objects.get(key)];
    if (was === undefined) found.push(`${key} is new`);
    else if (is === undefined) found.push(`${key} is gone`);
    else found.push(...changes(key, was, is, recreated));
  }
  for (const [key, was] of before.replicaSets) {
    const is = now.replicaSets.get(key);
    if (is === undefined || is.metadata.uid !== was.metadata.uid) found.push(`${key} is gone`);
    else if (replicasOf(is) !== replicasOf(was)) {
      found.push(`${key} wants ${replicasOf(is)} pods, wanted ${replicasOf(was)}`);
    }
  }
  const names = new Set(before.replicaSets.keys());
  if (history(before, names) !== history(now, names)) {
    found.push(`the order of revisions is ${history(now, names)}, was ${history(before, names)}`);
  }
  // A template that was tried stays in the history, as after kubectl rollout undo; it may not run.
  for (const [key, is] of now.replicaSets) {
    if (!before.replicaSets.has(key) && replicasOf(is) !== 0) found.push(`${key} is new and runs`);
  }
  for (const key of new Set([...before.ready.keys(), ...now.ready.keys()])) {
    const [was, is] = [before.ready.get(key) ?? 0, now.ready.get(key) ?? 0];
    if (was !== is) found.push(`${key} has ${is} ready pods, had ${was}`);
  }
  return found;
}

function changes(
  key: string,
  was: KubeObject,
  is: KubeObject,
  recreated: readonly string[],
): string[] {
  const { kind, metadata } = was;
  const ignoreIdentity = recreated.includes(`${kind}/${metadata.name}`);
  const rules = { hasStatus: true, ignoreIdentity };
  const paths = diffPaths(normalise(was, rules), normalise(is, rules), unknownShape).map(
    formatPath,
  );
  // The uid of the claim is that of the one that was created again.
  const claim = at(was, 'spec', 'claimRef', 'name');
  const renewed =
    kind === 'PersistentVolume' && recreated.includes(`PersistentVolumeClaim/${claim}`)
      ? ['spec.claimRef.uid', 'spec.claimRef.resourceVersion']
      : [];
  const found = paths
    .filter((path) => !renewed.includes(path))
    .map((path) => `${key} differs in ${path}`);
  if (SHARED.includes(kind)) return found;
  const owners = [was, is].map((it) => comparableManagedFields(it) as unknown as Json);
  if (JSON.stringify(owners[0]) !== JSON.stringify(owners[1])) {
    found.push(`${key} has other field owners`);
  }
  return found;
}

/** Whether a cluster-scoped object is of this ground, or shared by all. */
function isOurs({ kind, metadata }: KubeObject, { namespace, other }: Ground): boolean {
  if (kind === 'Namespace') return [namespace, other].includes(metadata.name);
  if (kind === 'PersistentVolume') return metadata.name.startsWith(`${namespace}-`);
  return true;
}

/** The revisions of before, oldest first; their numbers are the controller's own and go up with every rollout. */
function history(checkpoint: Checkpoint, names: ReadonlySet<string>): string {
  const number = (object: KubeObject) => Number(object.metadata.annotations?.[REVISION] ?? 0);
  return [...checkpoint.replicaSets]
    .filter(([key]) => names.has(key))
    .sort(([, a], [, b]) => ownerOf(a).localeCompare(ownerOf(b)) || number(a) - number(b))
    .map(([key]) => key)
    .join(', ');
}

function replicasOf(replicaSet: KubeObject): number {
  return numberOf(at(replicaSet, 'spec', 'replicas')) ?? 0;
}

function isReady(pod: KubeObject): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  return objectsOf(at(pod, 'status', 'conditions')).some(
    (it) => it.type === 'Ready' && it.status === 'True',
  );
}

function ownerOf({ kind, metadata }: KubeObject): string {
  const owner: JsonObject | undefined = objectsOf(metadata.ownerReferences).at(0);
  return `${stringOf(owner?.kind) ?? kind}/${stringOf(owner?.name) ?? metadata.name}`;
}
