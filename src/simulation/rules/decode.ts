import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { objectType, type SchemaType } from '../schema/notation.ts';
import { canonicalQuantity } from './quantity.ts';
import { isDropped } from './zero.ts';

/** A value of the wrong type, in the words of Go's decoder. */
export class WrongType extends Error {}

export interface Decoded {
  readonly value: JsonObject;
  /** Paths of fields that the type doesn't have, `spec.foo`. */
  readonly unknown: readonly string[];
}

/**
 * A body as the API server understands it: unknown fields and nulls go, empty values of fields that
 * are left out when empty go, quantities take their canonical form.
 * @throws WrongType.
 */
export function decode(typeName: string, body: JsonObject): Decoded {
  const unknown: string[] = [];
  const value = objectValue(typeName, body, '', unknown);
  return { value, unknown };
}

function objectValue(name: string, value: JsonObject, path: string, unknown: string[]): JsonObject {
  const { fields } = objectType(name);
  const result: JsonObject = {};
  for (const [field, inner] of Object.entries(value)) {
    const here = path === '' ? field : `${path}.${field}`;
    const type = fields.get(field);
    if (type === undefined) {
      unknown.push(here);
      continue;
    }
    if (inner === null && field === 'lastProbeTime') result[field] = null;
    if (inner === undefined || inner === null) continue;
    const decoded = decodedValue(type, inner, here, name, unknown);
    if (!isDropped(name, field, type, decoded)) result[field] = decoded;
  }
  return result;
}

function decodedValue(
  type: SchemaType,
  value: Json,
  path: string,
  owner: string,
  unknown: string[],
): Json {
  const wrong = (go: string): WrongType => {
    const what = Array.isArray(value) ? 'array' : value === null ? 'null' : nameOf(value);
    const where = `Go struct field ${owner}.${path} of type ${go}`;
    return new WrongType(`json: cannot unmarshal ${what} into ${where}`);
  };
  switch (type.kind) {
    case 'object':
      if (!isObject(value)) throw wrong(`v1.${type.name}`);
      return objectValue(type.name ?? '', value, path, unknown);
    case 'map': {
      if (!isObject(value)) throw wrong('map[string]string');
      const inner = type.items;
      const entries = Object.entries(value).map(([key, one]): [string, Json | undefined] => {
        if (inner === undefined || one === undefined) return [key, one];
        if (one === null) return [key, inner.kind === 'string' ? '' : null];
        return [key, decodedValue(inner, one, `${path}.${key}`, owner, unknown)];
      });
      return Object.fromEntries(entries);
    }
    case 'list': {
      if (!Array.isArray(value)) throw wrong('[]v1.Value');
      const inner = type.items;
      if (inner === undefined) return value;
      return value.map((one, at) => decodedValue(inner, one, `${path}[${at}]`, owner, unknown));
    }
    case 'string':
    case 'time':
    case 'micro-time':
    case 'bytes':
      if (typeof value !== 'string') throw wrong('string');
      return value;
    case 'int':
    case 'long':
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        throw wrong(type.kind === 'int' ? 'int32' : 'int64');
      }
      return value;
    case 'number':
      if (typeof value !== 'number') throw wrong('float64');
      return value;
    case 'bool':
      if (typeof value !== 'boolean') throw wrong('bool');
      return value;
    case 'quantity':
      if (typeof value !== 'string' && typeof value !== 'number') throw wrong('resource.Quantity');
      return quantity(value);
    case 'int-or-string':
      if (typeof value !== 'string' && typeof value !== 'number') throw wrong('intstr.IntOrString');
      return value;
    default:
      return value;
  }
}

function quantity(value: string | number): string {
  const text = canonicalQuantity(value);
  if (!/^[+-]?\d/.test(text)) {
    throw new WrongType(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  return text;
}

function nameOf(value: Json): string {
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'object' ? 'object' : typeof value;
}
