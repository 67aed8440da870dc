import {
  type Json,
  type JsonObject,
  type JsonScalar,
  ownValue,
  stringifyJson,
} from '../core/json.ts';

/**
 * One step into an object: a field or map key, an element of a keyed list, or a value of a set.
 * Never an index: an index means another element after somebody's insert.
 */
export type Segment =
  | string
  | { readonly keys: Readonly<Record<string, Json>> }
  | { readonly value: JsonScalar };

export type Path = readonly Segment[];

/** What a policy's field path reads as a key without quotes. */
const PLAIN = /^[\w-]+$/;

/** `spec.template.spec.containers[name=web].image`, `metadata.annotations["example.com/a"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'string') {
      if (PLAIN.test(segment)) text += text === '' ? segment : `.${segment}`;
      else text += `[${JSON.stringify(segment)}]`;
    } else if ('keys' in segment) {
      const keys = Object.entries(segment.keys).map(([key, value]) => `${key}=${keyText(value)}`);
      text += `[${keys.join(',')}]`;
    } else {
      text += `[=${keyText(segment.value)}]`;
    }
  }
  return text;
}

function keyText(value: Json): string {
  const text = typeof value === 'string' ? value : stringifyJson(value);
  return /^[A-Za-z0-9_./:-]+$/.test(text) ? text : JSON.stringify(text);
}

/** The identity of a keyed list's element, as a map key. `undefined` when the element has none of the keys. */
export function elementKeys(element: Json, keys: readonly string[]): JsonObject | undefined {
  if (typeof element !== 'object' || element === null || Array.isArray(element)) return undefined;
  const object = element as JsonObject;
  const identity: JsonObject = {};
  for (const key of keys) {
    const value = ownValue(object, key);
    if (value !== undefined) identity[key] = value;
  }
  return Object.keys(identity).length === 0 ? undefined : identity;
}
