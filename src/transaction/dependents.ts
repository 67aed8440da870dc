import type { ObjectKey, ResourceInfo } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import {
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  stringifyJson,
  stringOf,
} from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import type { TransactionStore } from '../journal/types.ts';
import type { EngineParts } from './parts.ts';

const PARALLEL = 6;

/** An object that names another one as its owner, as journaled with the delete of that owner. */
export interface Dependent {
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent for a cluster-scoped child, which only a cluster-scoped owner has. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  /** Its reference to the owner. */
  readonly reference: JsonObject;
  /** Those of its managedFields that hold the reference. */
  readonly managedFields: readonly Json[];
}

/** What an object owns, as far as this identity may see. */
export interface Dependents {
  readonly seen: readonly Dependent[];
  /** True when a kind could not be listed: there may be more, so the delete has to orphan. */
  readonly hidden: boolean;
}

/**
 * What the garbage collector would remove with an object: the children that name its uid, in its namespace (a
 * namespaced owner has no others) or, of a cluster-scoped one, anywhere. An ordinary delete would lose them, so
 * they are orphaned instead, and removed only after the commit.
 */
export async function dependentsOf(
  parts: EngineParts,
  key: ObjectKey,
  uid: string,
  signal?: AbortSignal,
): Promise<Dependents> {
  const { namespace } = key;
  const options = signal === undefined ? {} : { signal };
  const { all } = await parts.reader.resources(options);
  const waiting = all.filter(
    (one) =>
      (one.namespaced || namespace === undefined) &&
      one.verbs.includes('list') &&
      !SKIPPED.includes(one.kind),
  );
  const seen: Dependent[] = [];
  let hidden = false;
  const lister = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const children = await childrenIn(parts, one, namespace, uid, signal);
      if (children === undefined) hidden = true;
      else seen.push(...children);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lister));
  return { seen, hidden };
}

/** Made anew by their controllers, or no objects of their own. */
const SKIPPED: readonly string[] = ['Event', 'EndpointSlice', 'Endpoints', 'Lease', 'PodMetrics'];

async function childrenIn(
  parts: EngineParts,
  resource: ResourceInfo,
  namespace: string | undefined,
  uid: string,
  signal?: AbortSignal,
): Promise<Dependent[] | undefined> {
  try {
    const { items } = await parts.reader.listAll(
      { resource, ...(namespace === undefined ? {} : { namespace }), metadataOnly: true },
      signal === undefined ? {} : { signal },
    );
    return items.flatMap((item): Dependent[] => {
      const reference = owners(item).find((owner) => owner.uid === uid);
      if (reference === undefined) return [];
      const { name, namespace: place, managedFields } = item.metadata;
      return [
        {
          apiVersion: resource.apiVersion,
          kind: resource.kind,
          ...(place === undefined ? {} : { namespace: place }),
          name,
          uid: item.metadata.uid ?? '',
          reference,
          managedFields: objectsOf(managedFields).filter((one) => stringifyJson(one).includes(uid)),
        },
      ];
    });
  } catch (error) {
    // A kind that this identity may not list, or that is gone: its objects are orphaned, never lost.
    if (error instanceof StratusError && HIDDEN.includes(error.code)) return undefined;
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
  return Buffer.from(
    stringifyJson(dependents.map((one) => ({ ...one, managedFields: [...one.managedFields] }))),
  );
}

/** The counterpart of {@link dependentsImage}. */
export function dependentsFrom(image: Buffer | undefined): Dependent[] {
  if (image === undefined || image.length === 0) return [];
  const value: Json = parseJson(image.toString('utf8'));
  return objectsOf(value).map((one) => {
    const namespace = stringOf(one.namespace);
    return {
      apiVersion: stringOf(one.apiVersion) ?? '',
      kind: stringOf(one.kind) ?? '',
      ...(namespace === undefined ? {} : { namespace }),
      name: stringOf(one.name) ?? '',
      uid: stringOf(one.uid) ?? '',
      reference: objectOf(one.reference),
      managedFields: objectsOf(one.managedFields),
    };
  });
}

/** uids of what goes after the commit with what a transaction has deleted. */
export function leavingUids(store: TransactionStore, transaction: string): string[] {
  return store
    .steps(transaction)
    .filter((step) => step.verb === 'delete' && step.state === 'VERIFIED')
    .flatMap((step) => dependentsFrom(store.image(transaction, step.seq, 'predicted')))
    .map(({ uid }) => uid);
}
