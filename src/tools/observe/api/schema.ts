import type { ResourceInfo } from '../../../cluster/types.ts';
import {
  arrayOf,
  at,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../core/json.ts';

/** One OpenAPI v3 document, and what of it explains fields. */
export interface SchemaBook {
  /** The schema of a kind; undefined when the document has none. */
  ofKind(resource: ResourceInfo): JsonObject | undefined;
  /** The schema with its reference followed; its own description goes before the referred one. */
  resolve(schema: Json | undefined): JsonObject;
}

const GVK = 'x-kubernetes-group-version-kind';
// References to references: more are a defect of the document.
const HOPS = 8;

export function schemaBook(document: JsonObject): SchemaBook {
  const schemas = objectOf(at(document, 'components', 'schemas'));
  const resolve = (schema: Json | undefined): JsonObject => {
    let here = objectOf(schema);
    for (let hop = 0; hop < HOPS; hop += 1) {
      const reference = referenceOf(here);
      if (reference === undefined) return here;
      const { $ref: _ref, allOf: _allOf, ...own } = here;
      here = { ...objectOf(schemas[reference]), ...own, [NAME]: shortName(reference) };
    }
    return here;
  };
  return {
    ofKind: ({ group, version, kind }) =>
      Object.values(schemas)
        .filter(isObject)
        .find((schema) =>
          objectsOf(schema[GVK]).some(
            (it) => it.group === group && it.version === version && it.kind === kind,
          ),
        ),
    resolve,
  };
}

/** Where `resolve` keeps the name of the schema that was referred to. */
const NAME = 'x-stratus-name';

function referenceOf(schema: JsonObject): string | undefined {
  const all = arrayOf(schema.allOf);
  const reference =
    stringOf(schema.$ref) ?? (all.length === 1 ? stringOf(at(all[0], '$ref')) : undefined);
  return reference?.replace(/^#\/components\/schemas\//, '');
}

function shortName(reference: string): string {
  return reference.slice(reference.lastIndexOf('.') + 1);
}

/** `string`, `[]Container`, `map[string]string`, `int-or-string`, `Quantity`, `object`. */
export function typeOf(schema: JsonObject, book: SchemaBook, depth = 0): string {
  const name = stringOf(schema[NAME]);
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === 'int-or-string') {
    return name && name !== 'IntOrString' ? name : 'int-or-string';
  }
  if (schema.type === 'array') {
    return `[]${depth > 3 ? 'object' : typeOf(book.resolve(schema.items), book, depth + 1)}`;
  }
  const values = schema.additionalProperties;
  if (isObject(values) && depth <= 3) {
    return `map[string]${typeOf(book.resolve(values), book, depth + 1)}`;
  }
  if (name !== undefined && name !== 'Time' && name !== 'MicroTime') return name;
  const type = stringOf(schema.type) ?? 'any';
  const format = stringOf(schema.format);
  return format && type !== 'object' ? `${type} (${format})` : type;
}

/** What lies inside: of a list its items, of a map its values. */
export function insideOf(schema: JsonObject, book: SchemaBook): JsonObject {
  let here = schema;
  for (let hop = 0; hop < HOPS; hop += 1) {
    if (here.type === 'array') here = book.resolve(here.items);
    else if (isObject(here.additionalProperties)) here = book.resolve(here.additionalProperties);
    else return here;
  }
  return here;
}

export function fieldsOf(schema: JsonObject): Record<string, Json | undefined> {
  return objectOf(schema.properties);
}
