import {
  arrayOf,
  equalJson,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
} from '../../core/json.ts';
import { fieldType, type SchemaType } from '../schema/notation.ts';

const DIRECTIVE = '$patch';
const RETAIN = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';

/** Kubernetes' strategic merge: lists merge by the key that their type names. */
export function strategicPatch(
  type: SchemaType | undefined,
  target: Json | undefined,
  patch: Json,
): Json {
  if (!isObject(patch)) return patch;
  if (patch[DIRECTIVE] === 'replace') return without(patch);
  if (patch[DIRECTIVE] === 'delete') return {};
  const result: JsonObject = { ...objectOf(target) };
  const retained = patch[RETAIN];
  if (Array.isArray(retained)) {
    for (const name of Object.keys(result)) if (!retained.includes(name)) delete result[name];
  }
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || name === DIRECTIVE || name === RETAIN) continue;
    if (name.startsWith(DELETE_FROM)) {
      const list = name.slice(DELETE_FROM.length);
      const gone = arrayOf(value);
      result[list] = arrayOf(result[list]).filter((it) => !gone.some((one) => equalJson(one, it)));
    } else if (name.startsWith(ORDER)) continue;
    else if (value === null) delete result[name];
    else {
      const inner = type === undefined ? undefined : fieldType(type, name);
      result[name] = merged(inner, result[name], value);
    }
  }
  for (const [name, value] of Object.entries(patch)) {
    if (!name.startsWith(ORDER)) continue;
    const list = name.slice(ORDER.length);
    const inner = type === undefined ? undefined : fieldType(type, list);
    result[list] = ordered(inner, arrayOf(result[list]), arrayOf(value));
  }
  return result;
}

function merged(type: SchemaType | undefined, target: Json | undefined, value: Json): Json {
  if (!Array.isArray(value)) return strategicPatch(type, target, value);
  const key = type?.mergeKey;
  if (key === undefined || !Array.isArray(target)) return additions(value);
  if (key === '') {
    return [...target, ...value.filter((it) => !target.some((one) => equalJson(one, it)))];
  }
  return mergeByKey(type, key, target, value);
}

function mergeByKey(type: SchemaType | undefined, key: string, target: Json[], patch: Json[]) {
  if (patch.some((it) => objectOf(it)[DIRECTIVE] === 'replace')) return additions(patch);
  let result = [...target];
  for (const item of patch.map(objectOf)) {
    const same = (it: Json) => equalJson(objectOf(it)[key], item[key]);
    if (item[DIRECTIVE] === 'delete') {
      result = result.filter((it) => !same(it));
      continue;
    }
    const index = result.findIndex(same);
    if (index < 0) result.push(strategicPatch(type?.items, undefined, item));
    else result[index] = strategicPatch(type?.items, result[index], item);
  }
  return result;
}

/** A list where there was none: what the patch would delete isn't there. */
function additions(patch: Json[]): Json[] {
  return patch
    .filter((it) => !isObject(it) || it[DIRECTIVE] === undefined)
    .map((it) => (isObject(it) ? strategicPatch(undefined, undefined, it) : it));
}

/** The named items in the order given; others stay after the one they followed. */
function ordered(type: SchemaType | undefined, items: Json[], order: Json[]): Json[] {
  const key = type?.mergeKey;
  const idOf = (it: Json): Json => (key ? (objectOf(it)[key] ?? null) : it);
  const rank = (it: Json) => order.findIndex((one) => equalJson(key ? idOf(one) : one, idOf(it)));
  const named = items.filter((it) => rank(it) >= 0).sort((a, b) => rank(a) - rank(b));
  return items.map((it) => (rank(it) >= 0 ? (named.shift() ?? it) : it));
}

function without(patch: JsonObject): JsonObject {
  const { [DIRECTIVE]: _directive, ...rest } = patch;
  return rest;
}
