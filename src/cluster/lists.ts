import { StratusError } from '../core/errors.ts';
import {
  isObject,
  type Json,
  type JsonObject,
  numberOf,
  objectOf,
  stringOf,
} from '../core/json.ts';
import { isKubeObject, type KubeObject } from '../core/kube.ts';
import type { ClusterConnection } from './connect.ts';
import { answered, unintelligible } from './failures.ts';
import { listPath } from './paths.ts';
import { jsonIn } from './status.ts';
import { read } from './transport.ts';
import type { CallOptions, ListPage, ListQuery, ResourceInfo } from './types.ts';

/** What a caller keeps of an object. */
export type Keep = (object: KubeObject) => KubeObject;

export const DEFAULT_PAGE = 500;
const METADATA_ONLY =
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
const RESTARTS = 2;

export async function list(
  connection: ClusterConnection,
  query: ListQuery,
  options?: CallOptions,
): Promise<ListPage> {
  const accept = query.metadataOnly ? METADATA_ONLY : 'application/json';
  const request = read(connection, pagePath(query), accept, options);
  const { bytes } = await answered(connection, request, 'unknown_resource');
  const body = objectOf(jsonIn(bytes));
  // An empty list of metadata only has `items: null`.
  const stored = body.items === null && stringOf(body.kind)?.endsWith('List') ? [] : body.items;
  if (!Array.isArray(stored)) throw unintelligible(connection, 'a list');
  const items = stored.map((item) => {
    const object = itemOf(query, item);
    if (!object) throw unintelligible(connection, `a list of ${query.resource.plural}`);
    return object;
  });
  return { items, ...pageFacts(body) };
}

/**
 * Every page. Later pages come from the snapshot of the first; when that is compacted away (410)
 * all begins again, twice at most. With `keep`, the memory holds one whole page at a time.
 */
export async function listAll(
  connection: ClusterConnection,
  query: ListQuery,
  options?: CallOptions,
  keep: Keep = (object) => object,
): Promise<ListPage> {
  for (let restart = 0; ; restart += 1) {
    try {
      return await allPages(connection, query, options, keep);
    } catch (error) {
      const expired = error instanceof StratusError && error.code === 'conflict';
      if (!expired || restart === RESTARTS) throw error;
    }
  }
}

async function allPages(
  connection: ClusterConnection,
  query: ListQuery,
  options: CallOptions | undefined,
  keep: Keep,
): Promise<ListPage> {
  let page = await list(connection, query, options);
  const { resourceVersion } = page;
  const items = page.items.map(keep);
  while (page.continueToken !== undefined) {
    page = await list(connection, { ...query, continueToken: page.continueToken }, options);
    for (const item of page.items) items.push(keep(item));
  }
  return { items, resourceVersion };
}

export function pagePath(query: ListQuery): string {
  const limit = query.limit ?? DEFAULT_PAGE;
  const resourceVersion = query.cached ? '0' : undefined;
  return listPath(query, { limit, continue: query.continueToken, resourceVersion });
}

export function pageFacts(body: JsonObject): Omit<ListPage, 'items'> {
  const metadata = objectOf(body.metadata);
  const continueToken = stringOf(metadata.continue);
  const remaining = numberOf(metadata.remainingItemCount);
  return {
    resourceVersion: stringOf(metadata.resourceVersion) ?? '',
    ...(continueToken ? { continueToken } : {}),
    ...(remaining === undefined ? {} : { remaining }),
  };
}

/** The items of a typed list carry neither apiVersion nor kind. */
export function itemOf(
  query: { resource: ResourceInfo; metadataOnly?: boolean },
  item: Json,
): KubeObject | undefined {
  if (!isObject(item)) return undefined;
  const { apiVersion, kind } = query.resource;
  const object = query.metadataOnly
    ? { apiVersion, kind, metadata: item.metadata }
    : { apiVersion, kind, ...item };
  return isKubeObject(object) ? object : undefined;
}
