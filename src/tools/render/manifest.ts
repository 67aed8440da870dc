import { isLosslessNumber, stringify as stringifyLossless } from 'lossless-json';
import { stringify } from 'yaml';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';

/** The value as YAML or JSON for a reader; large integers keep their digits. */
export function renderManifest(value: Json, format: 'yaml' | 'json'): string {
  if (format === 'json') return stringifyLossless(value, undefined, 1) ?? 'null';
  return stringify(plain(value), { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}

function plain(value: Json): unknown {
  if (isLosslessNumber(value)) {
    const text = value.toString();
    return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
  }
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, item === undefined ? item : plain(item)]),
    );
  }
  return value;
}

/** How large the parts of a value are, largest first: what to ask for when the whole is too much. */
export function partsOf(
  value: Json,
  path: string,
  format: 'yaml' | 'json',
  max = 12,
): { fields: string; characters: number }[] {
  const entries: [string, Json | undefined][] = Array.isArray(value)
    ? value.map((item, index) => [`${path}[${index}]`, item])
    : isObject(value)
      ? Object.entries(value).map(([key, item]) => [joinPath(path, key), item])
      : [];
  return entries
    .flatMap(([fields, item]) =>
      item === undefined ? [] : [{ fields, characters: renderManifest(item, format).length }],
    )
    .sort((a, b) => b.characters - a.characters)
    .slice(0, max);
}

function joinPath(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/**
 * Reads `spec.template.spec.containers[0].image`, `data["app.yaml"]`, `.metadata.labels`.
 * @returns undefined when the path can't be read.
 */
export function parseFieldPath(path: string): (string | number)[] | undefined {
  const keys: (string | number)[] = [];
  let rest = path
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .replace(/^\$/, '');
  while (rest !== '') {
    const found = /^\.?(?:([^.[\]"']+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\['([^']*)'\])/.exec(rest);
    if (!found) return undefined;
    const [all, word, index, quoted, single] = found;
    if (word !== undefined) keys.push(word);
    else if (index !== undefined) keys.push(Number(index));
    else if (quoted !== undefined) keys.push(String(JSON.parse(quoted)));
    else keys.push(single ?? '');
    rest = rest.slice(all.length);
  }
  return keys.length > 0 ? keys : undefined;
}

/** Leaves out keys whose value is undefined, null, '', [] or {}: answers stay short. */
export function compact<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => {
      if (item === undefined || item === null || item === '') return false;
      if (Array.isArray(item)) return item.length > 0;
      return !(isObject(item) && Object.keys(item as JsonObject).length === 0);
    }),
  ) as T;
}
