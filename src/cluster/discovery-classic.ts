import { at, type JsonObject, objectOf, objectsOf, stringOf } from '../core/json.ts';
import type { Discovered } from './catalogue.ts';
import type { ClusterConnection } from './connect.ts';
import { answered } from './failures.ts';
import { jsonIn } from './status.ts';
import { read } from './transport.ts';
import type { CallOptions, ResourceInfo } from './types.ts';

/** The core group by `/api/v1`, from the APIVersions of `/api`. */
export function classicCoreVersions(
  connection: ClusterConnection,
  list: JsonObject,
  options?: CallOptions,
): Promise<Discovered> {
  const versions = strings(list.versions).map((version) => ({ group: '', version }));
  return ask(connection, versions, options);
}

/** Every other group by its own document, from the APIGroupList of `/apis`; preferred versions first. */
export function classicGroups(
  connection: ClusterConnection,
  list: JsonObject,
  options?: CallOptions,
): Promise<Discovered> {
  const versions = objectsOf(list.groups).flatMap((entry) => {
    const group = stringOf(entry.name) ?? '';
    const preferred = stringOf(at(entry, 'preferredVersion', 'version'));
    const all = objectsOf(entry.versions).flatMap((served) => stringOf(served.version) ?? []);
    const ordered = preferred ? [preferred, ...all.filter((one) => one !== preferred)] : all;
    return ordered.map((version) => ({ group, version }));
  });
  return ask(connection, versions, options);
}

async function ask(
  connection: ClusterConnection,
  versions: readonly { group: string; version: string }[],
  options?: CallOptions,
): Promise<Discovered> {
  const failed = new Set<string>();
  const lists = await Promise.all(
    versions.map(async ({ group, version }) => {
      const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      try {
        const request = read(connection, path, 'application/json', options);
        const answer = await answered(connection, request);
        return resourcesOf(group, version, objectOf(jsonIn(answer.bytes)));
      } catch {
        // One dead aggregated API must not hide the rest; the catalogue names it.
        failed.add(group);
        return [];
      }
    }),
  );
  return { resources: lists.flat(), failedGroups: [...failed] };
}

function resourcesOf(group: string, version: string, list: JsonObject): ResourceInfo[] {
  const entries = objectsOf(list.resources);
  const nameOf = (entry: JsonObject) => stringOf(entry.name) ?? '';
  return entries
    .filter((entry) => nameOf(entry) !== '' && !nameOf(entry).includes('/'))
    .map((entry) => {
      const plural = nameOf(entry);
      const kind = stringOf(entry.kind) ?? '';
      return {
        group,
        version,
        apiVersion: group === '' ? version : `${group}/${version}`,
        kind,
        plural,
        singular: stringOf(entry.singularName) || kind.toLowerCase(),
        shortNames: strings(entry.shortNames),
        categories: strings(entry.categories),
        namespaced: entry.namespaced === true,
        verbs: strings(entry.verbs),
        subresources: entries
          .filter((other) => nameOf(other).startsWith(`${plural}/`))
          .map((other) => nameOf(other).slice(plural.length + 1)),
      };
    });
}

export function strings(value: JsonObject[string]): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
