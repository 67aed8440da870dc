import { createHash } from 'node:crypto';
import { type JsonObject, stringifyJson } from '../../core/json.ts';
import { KINDS, type KindDefinition, type Subresource } from '../kinds.ts';
import { openapiDocument } from '../schema/openapi.ts';

export const GIT_VERSION = 'v1.36.3-simulated';

const SUBRESOURCE_KINDS: Readonly<Record<Subresource, string | undefined>> = {
  status: undefined,
  log: undefined,
  scale: 'Scale',
  eviction: 'Eviction',
  binding: 'Binding',
};
const SUBRESOURCE_VERBS: Readonly<Record<Subresource, string[]>> = {
  status: ['get', 'patch', 'update'],
  scale: ['get', 'patch', 'update'],
  log: ['get'],
  eviction: ['create'],
  binding: ['create'],
};

/** Kinds by group version, as `v1`, `apps/v1`. */
const GROUP_VERSIONS: ReadonlyMap<string, readonly KindDefinition[]> = (() => {
  const found = new Map<string, KindDefinition[]>();
  for (const kind of KINDS)
    found.set(kind.apiVersion, [...(found.get(kind.apiVersion) ?? []), kind]);
  return found;
})();

export function kindsOf(apiVersion: string): readonly KindDefinition[] | undefined {
  return GROUP_VERSIONS.get(apiVersion);
}

/** The document of a discovery path; undefined for other paths. */
export function discoveryDocument(path: string, aggregated: boolean): JsonObject | undefined {
  if (path === '/api') {
    if (aggregated) return aggregate(['v1']);
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  }
  if (path === '/apis') {
    const named = [...GROUP_VERSIONS.keys()].filter((it) => it !== 'v1');
    if (aggregated) return aggregate(named);
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: named.map(groupOf) };
  }
  if (path === '/openapi/v3') return openapiIndex();
  const openapi = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1];
  if (openapi !== undefined) return openapiOf(openapi);
  const one = /^\/(?:api|apis)\/(.+)$/.exec(path)?.[1] ?? '';
  const kinds = kindsOf(one);
  if (kinds !== undefined) return resourceList(one, kinds);
  const version = [...GROUP_VERSIONS.keys()].find((it) => it.startsWith(`${one}/`));
  return version === undefined
    ? undefined
    : { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(version) };
}

export function versionDocument(): JsonObject {
  return {
    major: '1',
    minor: '36',
    gitVersion: GIT_VERSION,
    gitTreeState: 'clean',
    platform: 'simulation/node',
    compiler: 'node',
    goVersion: 'none',
  };
}

function groupOf(apiVersion: string): JsonObject {
  const [name = '', version = ''] = apiVersion.split('/');
  const entry = { groupVersion: apiVersion, version };
  return { name, versions: [entry], preferredVersion: entry };
}

function resourceList(apiVersion: string, kinds: readonly KindDefinition[]): JsonObject {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersion,
    resources: kinds.flatMap((kind): JsonObject[] => [
      {
        name: kind.plural,
        singularName: kind.singular,
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: [...kind.verbs],
        ...(kind.shortNames.length > 0 ? { shortNames: [...kind.shortNames] } : {}),
        ...(kind.categories.length > 0 ? { categories: [...kind.categories] } : {}),
      },
      ...kind.subresources.map((it) => ({
        name: `${kind.plural}/${it}`,
        singularName: '',
        namespaced: kind.namespaced,
        kind: SUBRESOURCE_KINDS[it] ?? kind.kind,
        verbs: SUBRESOURCE_VERBS[it],
      })),
    ]),
  };
}

function aggregate(apiVersions: readonly string[]): JsonObject {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: apiVersions.map((apiVersion) => {
      const kinds = kindsOf(apiVersion) ?? [];
      const { group = '', version = '' } = kinds[0] ?? {};
      return {
        metadata: group === '' ? {} : { name: group },
        versions: [{ version, resources: kinds.map(aggregatedResource), freshness: 'Current' }],
      };
    }),
  };
}

function aggregatedResource(kind: KindDefinition): JsonObject {
  const respond = (name: string) => ({ group: '', version: '', kind: name });
  return {
    resource: kind.plural,
    responseKind: respond(kind.kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: [...kind.verbs],
    ...(kind.shortNames.length > 0 ? { shortNames: [...kind.shortNames] } : {}),
    ...(kind.categories.length > 0 ? { categories: [...kind.categories] } : {}),
    ...(kind.subresources.length > 0
      ? {
          subresources: kind.subresources.map((it) => ({
            subresource: it,
            responseKind: respond(SUBRESOURCE_KINDS[it] ?? kind.kind),
            verbs: SUBRESOURCE_VERBS[it],
          })),
        }
      : {}),
  };
}

const documents = new Map<string, JsonObject>();

function pathOf(apiVersion: string): string {
  return apiVersion === 'v1' ? 'api/v1' : `apis/${apiVersion}`;
}

function openapiOf(path: string): JsonObject | undefined {
  const known = documents.get(path);
  if (known !== undefined) return known;
  const kinds = kindsOf(path.replace(/^apis?\//, ''));
  if (kinds === undefined || pathOf(kinds[0]?.apiVersion ?? '') !== path) return undefined;
  const document = openapiDocument(kinds);
  documents.set(path, document);
  return document;
}

function openapiIndex(): JsonObject {
  const paths = [...GROUP_VERSIONS.keys()].map(pathOf);
  const entry = (path: string): JsonObject => {
    const text = stringifyJson(openapiOf(path) ?? {});
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
    return { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  };
  return { paths: Object.fromEntries(paths.map((path) => [path, entry(path)])) };
}
