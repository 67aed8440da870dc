import { StratusError } from '../core/errors.ts';
import type { CallOptions, ClusterReader, ResourceCatalogue, ResourceInfo } from './types.ts';

/**
 * What a word means, by the cached discovery; asked again once when the word is unknown, since a
 * CRD may have been created meanwhile.
 * @throws StratusError unknown_resource or ambiguous_resource.
 */
export function resolveResource(
  reader: ClusterReader,
  word: string,
  options?: CallOptions,
): Promise<ResourceInfo> {
  return lookUp(reader, (catalogue) => catalogue.resolve(word), options);
}

/** Like {@link resolveResource}, by exact apiVersion and kind. */
export function resolveKind(
  reader: ClusterReader,
  apiVersion: string,
  kind: string,
  options?: CallOptions,
): Promise<ResourceInfo> {
  return lookUp(reader, (catalogue) => catalogue.resolveKind(apiVersion, kind), options);
}

async function lookUp(
  reader: ClusterReader,
  find: (catalogue: ResourceCatalogue) => ResourceInfo,
  options: CallOptions = {},
): Promise<ResourceInfo> {
  try {
    return find(await reader.resources(options));
  } catch (error) {
    if (!(error instanceof StratusError) || error.code !== 'unknown_resource') throw error;
    return find(await reader.resources({ ...options, fresh: true }));
  }
}
