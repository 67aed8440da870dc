import { canonicalJson } from '../../core/canonical.ts';
import { type Json, type JsonObject, objectOf, parseJson } from '../../core/json.ts';
import { fieldType, objectType, type SchemaType } from '../schema/notation.ts';

/**
 * One step of a path in a fields set, as managedFields writes it: `f:name`, `k:{"name":"web"}`,
 * `v:"x"`, `i:0`.
 */
export type Element = string;

export function fieldElement(name: string): Element {
  return `f:${name}`;
}

/** The value of an item's key field, or what the schema says it is where it isn't given. */
export function keyValue(list: SchemaType, item: JsonObject, key: string): Json | undefined {
  const value = item[key];
  if (value !== undefined) return value;
  const type = list.items?.name;
  return type === undefined ? undefined : objectType(type).fields.get(key)?.fallback;
}

/** How an item of a keyed list or a set is named. */
export function itemElement(list: SchemaType, item: Json): Element {
  if (list.listType === 'set') return `v:${canonicalJson(item)}`;
  const keys: JsonObject = {};
  for (const key of list.keys ?? []) {
    const value = keyValue(list, objectOf(item), key);
    if (value !== undefined) keys[key] = value;
  }
  return `k:${canonicalJson(keys)}`;
}

/** The children of a value that are tracked one by one; undefined when it is one unit. */
export function childrenOf(
  type: SchemaType | undefined,
  value: Json | undefined,
): Map<Element, { readonly value: Json; readonly type: SchemaType | undefined }> | undefined {
  if (Array.isArray(value)) {
    if (type?.kind !== 'list' || (type.listType ?? 'atomic') === 'atomic') return undefined;
    return new Map(
      value.map((item) => [itemElement(type, item), { value: item, type: type.items }]),
    );
  }
  if (typeof value !== 'object' || value === null || type?.atomic === true) return undefined;
  if (type?.kind !== 'object' && type?.kind !== 'map') {
    // Undeclared insides (`any`) are one unit.
    return undefined;
  }
  const entries = Object.entries(objectOf(value)).flatMap(([name, inner]) =>
    inner === undefined
      ? []
      : [[fieldElement(name), { value: inner, type: fieldType(type, name) }] as const],
  );
  return new Map(entries);
}

/** The key fields that an element names. */
export function keysOf(element: Element): JsonObject {
  return objectOf(parseJson(element.slice(2)));
}
