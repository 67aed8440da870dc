import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { type Json, type JsonObject, objectsOf, stringOf } from '../../src/core/json.ts';

const DEPLOY = new URL('../../deploy/', import.meta.url);

/** The objects of a manifest in deploy/, for a namespace in the place of `shop`, as its comment tells to do. */
export function manifestsOf(file: string, namespace = 'shop'): JsonObject[] {
  const text = readFileSync(new URL(file, DEPLOY), 'utf8');
  return parseAllDocuments(text.replaceAll('namespace: shop', `namespace: ${namespace}`)).map(
    (document) => document.toJS() as JsonObject,
  );
}

/** What the roles of some manifests grant: `get apps/deployments`, `create /pods/eviction`. */
export function grantsOf(objects: readonly JsonObject[]): string[] {
  const words = (value: Json | undefined) => (Array.isArray(value) ? value.map(String) : []);
  return objects
    .filter(({ kind }) => stringOf(kind)?.endsWith('Role'))
    .flatMap(({ rules }) => objectsOf(rules))
    .flatMap((rule) =>
      words(rule.apiGroups).flatMap((group) =>
        words(rule.resources).flatMap((resource) =>
          words(rule.verbs).map((verb) => `${verb} ${group}/${resource}`),
        ),
      ),
    );
}
