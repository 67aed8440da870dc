import { API_SERVER_GROUPS } from '../core/api-groups.ts';
import { StratusError } from '../core/errors.ts';
import { nearNames } from './near-names.ts';
import type { ResourceCatalogue, ResourceInfo } from './types.ts';

/** What discovery found, every served version, in the server's order of preference. */
export interface Discovered {
  readonly resources: readonly ResourceInfo[];
  readonly failedGroups: readonly string[];
}

// The groups of Kubernetes itself. For equal words they go before those of CRDs and of aggregated
// APIs, as with kubectl: `pods` is never the metrics of pods, `ing` never a vendor's.
const BUILT_IN = new Set(API_SERVER_GROUPS);

/**
 * The catalogue of what discovery found. `all` and `resolve` know each resource in the version the
 * server prefers; `resolveKind` and `plural.version.group` reach the others.
 */
export function createCatalogue(discovered: Discovered): ResourceCatalogue {
  const { resources, failedGroups } = discovered;
  const preferred = new Map<string, ResourceInfo>();
  for (const info of resources) {
    const key = `${info.plural}.${info.group}`;
    if (!preferred.has(key)) preferred.set(key, info);
  }
  const all = [...preferred.values()];
  const byName = index(all, (info) => [info.plural, info.singular, info.kind]);
  const byShortName = index(all, (info) => info.shortNames);

  const unknown = (word: string) => {
    const near = nearNames(word, [...byName.keys(), ...byShortName.keys()]);
    const failed = failedGroups.length
      ? ` Discovery of ${failedGroups.join(', ')} failed; it may be there.`
      : '';
    return new StratusError(
      'unknown_resource',
      `The cluster serves no resource "${word}".${failed}`,
      {
        ...(near.length ? { next: `Did you mean ${near.join(', ')}?` } : {}),
        details: { near, failedGroups: [...failedGroups] },
      },
    );
  };

  return {
    all,
    failedGroups,
    resolve(word) {
      const text = word.trim().toLowerCase();
      const dot = text.indexOf('.');
      const name = dot < 0 ? text : text.slice(0, dot);
      if (dot < 0) {
        const found = byName.get(name) ?? byShortName.get(name);
        if (!found) throw unknown(word);
        return theOne(word, found);
      }
      const named = [...(byName.get(name) ?? []), ...(byShortName.get(name) ?? [])];
      const qualified = inGroup(named, text.slice(dot + 1), resources);
      if (qualified.length === 0) throw unknown(word);
      return theOne(word, qualified);
    },
    resolveKind(apiVersion, kind) {
      const found = resources.find((info) => info.apiVersion === apiVersion && info.kind === kind);
      if (!found) throw unknownKind(apiVersion, kind, resources, unknown);
      return found;
    },
  };
}

function unknownKind(
  apiVersion: string,
  kind: string,
  resources: readonly ResourceInfo[],
  unknown: (word: string) => StratusError,
): StratusError {
  const served = resources.filter((info) => info.kind === kind).map((info) => info.apiVersion);
  if (served.length === 0) return unknown(kind);
  return new StratusError(
    'unknown_resource',
    `The cluster serves no ${kind} of apiVersion ${apiVersion}.`,
    { next: `It serves ${kind} as ${served.join(', ')}.`, details: { near: served } },
  );
}

function index(
  all: readonly ResourceInfo[],
  words: (info: ResourceInfo) => readonly string[],
): Map<string, ResourceInfo[]> {
  const found = new Map<string, ResourceInfo[]>();
  for (const info of all) {
    for (const word of new Set(words(info).map((text) => text.toLowerCase()))) {
      const list = found.get(word);
      if (list) list.push(info);
      else found.set(word, [info]);
    }
  }
  return found;
}

/** `apps`, `v1.apps` or the beginning of a group. */
function inGroup(
  named: readonly ResourceInfo[],
  suffix: string,
  resources: readonly ResourceInfo[],
): ResourceInfo[] {
  const group = named.filter((info) => info.group === suffix);
  if (group.length > 0) return group;
  const versions = resources.filter(
    (info) =>
      `${info.version}.${info.group}` === suffix &&
      named.some((one) => one.plural === info.plural && one.group === info.group),
  );
  if (versions.length > 0) return versions;
  return named.filter((info) => suffix !== '' && info.group.startsWith(suffix));
}

function theOne(word: string, found: readonly ResourceInfo[]): ResourceInfo {
  const distinct = [...new Set(found)];
  const core = distinct.find((info) => info.group === '');
  const builtIn = core ?? distinct.find((info) => BUILT_IN.has(info.group));
  const one = builtIn ?? (distinct.length === 1 ? distinct[0] : undefined);
  if (one) return one;
  const names = distinct.map((info) => `${info.plural}.${info.group}`);
  throw new StratusError('ambiguous_resource', `"${word}" may mean ${names.join(' or ')}.`, {
    details: { near: names },
  });
}
