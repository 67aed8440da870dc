import type { ObjectKey, ResourceInfo } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { type Json, objectsOf, parseJson, stringifyJson, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import type { EngineParts } from './parts.ts';

const PARALLEL = 6;

/** An object that names another one as its owner, as journaled with the delete of that owner. */
export interface Dependent {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/**
 * What the garbage collector would remove with an object: the children that name its uid, in its namespace
 * (a namespaced owner has no others). An ordinary delete would lose them, so they are orphaned instead, and
 * removed only after the commit.
 */
export async function dependentsOf(
  parts: EngineParts,
  key: ObjectKey,
  uid: string,
  signal?: AbortSignal,
): Promise<Dependent[]> {
  const { namespace } = key;
  if (namespace === undefined) return [];
  const options = signal === undefined ? {} : { signal };
  const { all } = await parts.reader.resources(options);
  const waiting = all.filter(
    (one) => one.namespaced && one.verbs.includes('list') && !SKIPPED.includes(one.kind),
  );
  const found: Dependent[] = [];
  const lister = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      found.push(...(await childrenIn(parts, one, namespace, uid, signal)));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lister));
  return found;
}

/** Made anew by their controllers, or no objects of their own. */
const SKIPPED: readonly string[] = ['Event', 'EndpointSlice', 'Endpoints', 'Lease', 'PodMetrics'];

async function childrenIn(
  parts: EngineParts,
  resource: ResourceInfo,
  namespace: string,
  uid: string,
  signal?: AbortSignal,
): Promise<Dependent[]> {
  try {
    const { items } = await parts.reader.listAll(
      { resource, namespace, metadataOnly: true },
      signal === undefined ? {} : { signal },
    );
    return items
      .filter((item) => owners(item).some((owner) => owner.uid === uid))
      .map((item) => ({
        apiVersion: resource.apiVersion,
        kind: resource.kind,
        name: item.metadata.name,
        uid: item.metadata.uid ?? '',
      }));
  } catch (error) {
    // A kind that this identity may not list, or that is gone: its objects are orphaned, never lost.
    if (error instanceof StratusError && HIDDEN.includes(error.code)) return [];
    throw error;
  }
}

const HIDDEN: readonly string[] = ['forbidden', 'unknown_resource', 'not_found', 'cluster_error'];

function owners(object: KubeObject) {
  return objectsOf(object.metadata.ownerReferences);
}

/** True while nothing else owns the child: then it goes with its deleted owner. */
export function isLeftBehind(child: KubeObject, ownerUid: string | undefined): boolean {
  if (child.metadata.deletionTimestamp !== undefined) return false;
  return owners(child).every((owner) => owner.uid === ownerUid);
}

export function dependentsImage(dependents: readonly Dependent[]): Buffer {
  return Buffer.from(stringifyJson(dependents.map((one) => ({ ...one }))));
}

/** The counterpart of {@link dependentsImage}. */
export function dependentsFrom(image: Buffer | undefined): Dependent[] {
  if (image === undefined || image.length === 0) return [];
  const value: Json = parseJson(image.toString('utf8'));
  return objectsOf(value).map((one) => ({
    apiVersion: stringOf(one.apiVersion) ?? '',
    kind: stringOf(one.kind) ?? '',
    name: stringOf(one.name) ?? '',
    uid: stringOf(one.uid) ?? '',
  }));
}
