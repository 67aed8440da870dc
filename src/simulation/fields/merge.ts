import { arrayOf, type Json, type JsonObject, objectOf } from '../../core/json.ts';
import { fieldType, type SchemaType } from '../schema/notation.ts';
import { childrenOf, type Element, fieldElement, itemElement } from './element.ts';
import { type FieldSet, isEmpty } from './set.ts';

/** A configuration over a live value, by type: the merge of server-side apply. */
export function mergeApplied(
  type: SchemaType | undefined,
  live: Json | undefined,
  config: Json,
): Json {
  if (live === undefined || live === null) return config;
  const parts = childrenOf(type, config);
  if (parts === undefined || childrenOf(type, live) === undefined) return config;
  if (Array.isArray(config)) return mergeLists(type, arrayOf(live), config);
  const merged: JsonObject = { ...objectOf(live) };
  for (const [name, value] of Object.entries(objectOf(config))) {
    if (value === undefined) continue;
    const inner = type === undefined ? undefined : fieldType(type, name);
    merged[name] = mergeApplied(inner, merged[name], value);
  }
  return merged;
}

/**
 * Items of both lists: in the order of the configuration where it says one, live ones that it
 * doesn't name stay where they are.
 */
function mergeLists(type: SchemaType | undefined, live: Json[], config: Json[]): Json[] {
  if (type === undefined) return config;
  const named = new Map(config.map((item) => [itemElement(type, item), item]));
  const known = new Map(live.map((item) => [itemElement(type, item), item]));
  const merge = (element: Element, item: Json): Json =>
    mergeApplied(type.items, known.get(element), item);
  const result: Json[] = [];
  const done = new Set<Element>();
  const pending = [...named];
  for (const [element, item] of known) {
    if (!named.has(element)) {
      result.push(item);
      continue;
    }
    if (done.has(element)) continue;
    // Everything that the configuration names before it comes before it.
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const [name, value] = next;
      done.add(name);
      result.push(merge(name, value));
      if (name === element) break;
    }
  }
  for (const [name, value] of pending) result.push(merge(name, value));
  return result;
}

/**
 * The value without what `last` named and nobody of `kept` names: fields that an applier left out
 * of its new configuration.
 */
export function prune(
  type: SchemaType | undefined,
  value: Json,
  last: FieldSet,
  kept: readonly FieldSet[],
): Json {
  const children = childrenOf(type, value);
  if (children === undefined || last.children.size === 0) return value;
  const inside = (element: Element) =>
    kept.flatMap((set) => {
      const child = set.children.get(element);
      return child === undefined ? [] : [child];
    });
  const pruned = (
    element: Element,
    item: Json,
    inner: SchemaType | undefined,
  ): Json | undefined => {
    const before = last.children.get(element);
    if (before === undefined) return item;
    const owners = inside(element).filter((set) => !isEmpty(set));
    if (before.member && owners.length === 0) return undefined;
    const rest = prune(inner, item, before, owners);
    // Of a struct that only the applier filled nothing stays.
    const emptied = owners.length === 0 && isEmptyValue(rest) && !isEmptyValue(item);
    return emptied ? undefined : rest;
  };
  if (Array.isArray(value) && type !== undefined) {
    return value.flatMap((item): Json[] => {
      const rest = pruned(itemElement(type, item), item, type.items);
      return rest === undefined ? [] : [rest];
    });
  }
  const result: JsonObject = {};
  for (const [name, item] of Object.entries(objectOf(value))) {
    if (item === undefined) continue;
    const inner = type === undefined ? undefined : fieldType(type, name);
    const rest = pruned(fieldElement(name), item, inner);
    if (rest !== undefined) result[name] = rest;
  }
  return result;
}

function isEmptyValue(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
