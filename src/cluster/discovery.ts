import { type JsonObject, objectOf, objectsOf, stringOf } from '../core/json.ts';
import { createCatalogue, type Discovered } from './catalogue.ts';
import type { ClusterConnection } from './connect.ts';
import { classicCoreVersions, classicGroups, strings } from './discovery-classic.ts';
import { answered, unintelligible } from './failures.ts';
import { jsonIn } from './status.ts';
import { read } from './transport.ts';
import type { CallOptions, ResourceCatalogue, ResourceInfo } from './types.ts';

const ACCEPT = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

/**
 * Discovery in two requests where the server aggregates it (Kubernetes 1.26 and later), group by
 * group where it doesn't.
 */
export async function discover(
  connection: ClusterConnection,
  options?: CallOptions,
): Promise<ResourceCatalogue> {
  const [core, named] = await Promise.all(
    (['/api', '/apis'] as const).map(async (root) => {
      const answer = await answered(connection, read(connection, root, ACCEPT, options));
      const body = objectOf(jsonIn(answer.bytes));
      if (body.kind === 'APIGroupDiscoveryList') return aggregated(body);
      if (body.kind === 'APIVersions') return classicCoreVersions(connection, body, options);
      if (body.kind === 'APIGroupList') return classicGroups(connection, body, options);
      throw unintelligible(connection, "Kubernetes' discovery");
    }),
  );
  const found = [core, named].filter((part) => part !== undefined);
  return createCatalogue({
    resources: found.flatMap((part) => part.resources),
    failedGroups: found.flatMap((part) => part.failedGroups),
  });
}

function aggregated(list: JsonObject): Discovered {
  const resources: ResourceInfo[] = [];
  const failed = new Set<string>();
  for (const item of objectsOf(list.items)) {
    const group = stringOf(objectOf(item.metadata).name) ?? '';
    for (const served of objectsOf(item.versions)) {
      const version = stringOf(served.version) ?? '';
      if (served.freshness === 'Stale') failed.add(group);
      for (const entry of objectsOf(served.resources)) {
        const info = aggregatedResource(group, version, entry);
        if (info) resources.push(info);
      }
    }
  }
  return { resources, failedGroups: [...failed] };
}

function aggregatedResource(
  group: string,
  version: string,
  entry: JsonObject,
): ResourceInfo | undefined {
  const plural = stringOf(entry.resource);
  const kind = stringOf(objectOf(entry.responseKind).kind);
  // Some entries exist only to carry subresources.
  if (!plural || !kind) return undefined;
  return {
    group,
    version,
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    plural,
    singular: stringOf(entry.singularResource) || kind.toLowerCase(),
    shortNames: strings(entry.shortNames),
    categories: strings(entry.categories),
    namespaced: entry.scope === 'Namespaced',
    verbs: strings(entry.verbs),
    subresources: objectsOf(entry.subresources).flatMap(
      (subresource) => stringOf(subresource.subresource) ?? [],
    ),
  };
}
