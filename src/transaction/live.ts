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

/** Makes the reads of a plan, all of them fresh. */
export async function readLive(
  reader: ClusterReader,
  reads: readonly Read[],
  signal?: AbortSignal,
): Promise<Live> {
  const options = signal === undefined ? {} : { signal };
  const objects = new Map<string, LiveObject | undefined>();
  const lists = new Map<string, readonly LiveObject[]>();
  for (const read of reads) {
    if ('get' in read) {
      const { resource: word, apiVersion, namespace, name } = read.get;
      const resource = await resolveFresh(
        reader,
        (all) => (apiVersion === undefined ? all.resolve(word) : all.resolveKind(apiVersion, word)),
        signal,
      );
      objects.set(read.as, await reader.get(keyFor(resource, namespace, name, reader), options));
    } else {
      const resource = await resolveFresh(reader, (all) => all.resolve(read.list.resource), signal);
      const { namespace, labelSelector } = read.list;
      const page = await reader.listAll(
        {
          resource,
          ...(resource.namespaced && namespace !== undefined ? { namespace } : {}),
          ...(labelSelector === undefined ? {} : { labelSelector }),
        },
        options,
      );
      lists.set(
        read.as,
        page.items.map((item) => fromListItem(resource, item)),
      );
    }
  }
  return {
    object: (as) => objects.get(as),
    list: (as) => lists.get(as) ?? [],
  };
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
    bytes: Buffer.from(stringifyJson(object)),
    object,
    uid: uid ?? '',
    resourceVersion: resourceVersion ?? '',
  };
}
