import { isObject, type Json, stringifyJson } from './json.ts';

/**
 * One text for one JSON value, whatever the order of its keys: keys sorted by code unit, no spaces, keys that are
 * undefined left out, numbers as they came. For hashing what is compared later.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return stringifyJson(value);
  const fields = Object.keys(value)
    .sort()
    .flatMap((key) => {
      const item = value[key];
      return item === undefined ? [] : [`${JSON.stringify(key)}:${canonicalJson(item)}`];
    });
  return `{${fields.join(',')}}`;
}
