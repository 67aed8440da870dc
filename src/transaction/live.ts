import type {
  ClusterReader,
  LiveObject,
  ObjectKey,
  ResourceCatalogue,
  ResourceInfo,
} from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { stringifyJson } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import type { Live, Read } from './types.ts';

/** A catalogue for a lookup; asks discovery again when a word is unknown, because a CRD may be new. */
export async function resolveFresh(
  reader: ClusterReader,
  find: (catalogue: ResourceCatalogue) => ResourceInfo,
  signal?: AbortSignal,
): Promise<ResourceInfo> {
  const options = signal === undefined ? {} : { signal };
  try {
    return find(await reader.resources(options));
  } catch (error) {
    if (!(error instanceof StratusError) || error.code !== 'unknown_resource') throw error;
    return find(await reader.resources({ ...options, fresh: true }));
  }
}

/** The reads of a plan, and those of single objects by their id: they can serve as the base of a write. */
export interface FreshLive extends Live {
  /** Absent: not read one by one. An item of a list is no base, because its bytes are not the object's own. */
  known(id: string): Known | undefined;
}

/** What a fresh read of one object found; `live` is undefined when it isn't there. */
export interface Known {
  readonly live: LiveObject | undefined;
}

/** `v1|ConfigMap|shop|app`: one object in one API version, whatever is done to it. */
export function idOfKey({ resource, namespace, name }: ObjectKey): string {
  return [resource.apiVersion, resource.kind, namespace ?? '', name].join('|');
}

/** Makes the reads of a plan, all of them fresh and side by side. */
export async function readLive(
  reader: ClusterReader,
  reads: readonly Read[],
  signal?: AbortSignal,
): Promise<FreshLive> {
  const objects = new Map<string, LiveObject | undefined>();
  const byId = new Map<string, LiveObject | undefined>();
  const lists = new Map<string, readonly LiveObject[]>();
  const unread = new Set<string>();
  await Promise.all(
    reads.map(async (read) => {
      if ('get' in read) {
        const { key, live } = await objectOf(reader, read.get, signal);
        objects.set(read.as, live);
        byId.set(idOfKey(key), live);
        return;
      }
      const found = await listOf(reader, read.list, signal);
      if (found === undefined) unread.add(read.as);
      else lists.set(read.as, found);
    }),
  );
  return {
    object: (as) => objects.get(as),
    list: (as) => lists.get(as) ?? [],
    unread: (as) => unread.has(as),
    known: (id) => (byId.has(id) ? { live: byId.get(id) } : undefined),
  };
}

async function objectOf(
  reader: ClusterReader,
  { resource: word, apiVersion, namespace, name }: Extract<Read, { get: unknown }>['get'],
  signal?: AbortSignal,
): Promise<{ key: ObjectKey; live: LiveObject | undefined }> {
  const resource = await resolveFresh(
    reader,
    (all) => (apiVersion === undefined ? all.resolve(word) : all.resolveKind(apiVersion, word)),
    signal,
  );
  const key = keyFor(resource, namespace, name, reader);
  return { key, live: await reader.get(key, signal === undefined ? {} : { signal }) };
}

/** What keeps an optional list from being read without being a trouble of the call itself. */
const UNREADABLE: readonly string[] = ['forbidden', 'unknown_resource', 'cluster_error'];

async function listOf(
  reader: ClusterReader,
  query: Extract<Read, { list: unknown }>['list'],
  signal?: AbortSignal,
): Promise<LiveObject[] | undefined> {
  const { namespace, labelSelector, fieldSelector } = query;
  try {
    const resource = await resolveFresh(reader, (all) => all.resolve(query.resource), signal);
    const page = await reader.listAll(
      {
        resource,
        ...(resource.namespaced && namespace !== undefined ? { namespace } : {}),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
        ...(query.cached ? { cached: true } : {}),
      },
      signal === undefined ? {} : { signal },
    );
    return page.items.map((item) => fromListItem(resource, item));
  } catch (error) {
    const tolerable = error instanceof StratusError && UNREADABLE.includes(error.code);
    if (query.optional && tolerable) return undefined;
    throw error;
  }
}

/** The URL of an object; a namespaced kind without a namespace gets the context's. */
export function keyFor(
  resource: ResourceInfo,
  namespace: string | undefined,
  name: string,
  reader: Pick<ClusterReader, 'defaultNamespace'>,
): ObjectKey {
  return resource.namespaced
    ? { resource, namespace: namespace ?? reader.defaultNamespace, name }
    : { resource, name };
}

function fromListItem(resource: ResourceInfo, object: KubeObject): LiveObject {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    key: { resource, name, ...(namespace === undefined ? {} : { namespace }) },
    // Rarely asked for, and a list may be long.
    get bytes() {
      return Buffer.from(stringifyJson(object));
    },
    object,
    uid: uid ?? '',
    resourceVersion: resourceVersion ?? '',
  };
}
