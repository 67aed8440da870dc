import { CORE_TYPES } from './core.ts';
import { MORE_TYPES } from './more-groups.ts';
import { VOLUME_TYPES } from './volumes.ts';
import { WORKLOAD_TYPES } from './workloads.ts';

/**
 * The type of a field. The API server merges, validates and tracks owners by it.
 * `any` has no declared inside.
 */
export interface SchemaType {
  readonly kind:
    | 'string'
    | 'int'
    | 'long'
    | 'bool'
    | 'number'
    | 'quantity'
    | 'int-or-string'
    | 'time'
    | 'micro-time'
    | 'bytes'
    | 'any'
    | 'object'
    | 'map'
    | 'list';
  /** Allowed values of a string. */
  readonly values?: readonly string[];
  /** Of a string that is a key of a keyed list. */
  readonly fallback?: string;
  /** Name of an object's type. */
  readonly name?: string;
  /** Merged as one unit by server-side apply. */
  readonly atomic?: boolean;
  /** Of a list or map. */
  readonly items?: SchemaType;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly keys?: readonly string[];
  /** Strategic merge of a list: the key, `''` for scalars; absent where a list is replaced. */
  readonly mergeKey?: string;
  /** Strategic merge with `$retainKeys`. */
  readonly retainKeys?: boolean;
}

export interface ObjectType {
  readonly name: string;
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, SchemaType>;
  readonly required: readonly string[];
}

/*
 * One line a type: its name (`!` after it: one unit for server-side apply), then its fields as
 * `name:type`, `name*:type` for a required one. Types are `s` string, `s|A|B` one of these, `i` int32,
 * `l` int64, `b` boolean, `n` number, `q` quantity, `x` int or string, `t` time, `u` time with
 * microseconds, `y` bytes, `o` anything, `@Name` another type, `<T>` a map, `[T]` a list: `[T]()` a set,
 * `[T](a,b)` keyed by a and b. After them `!` for one unit, `~key` and `^` for strategic merge with a
 * key and with retainKeys, `="x"` for a default that a key of a list has.
 */
const LINES: ReadonlyMap<string, string> = new Map(
  [CORE_TYPES, VOLUME_TYPES, WORKLOAD_TYPES, MORE_TYPES]
    .flatMap((text) => text.trim().split('\n'))
    .map((line) => [/^\w+/.exec(line)?.[0] ?? '', line]),
);

const SCALARS: Readonly<Record<string, SchemaType['kind']>> = {
  i: 'int',
  l: 'long',
  b: 'bool',
  n: 'number',
  q: 'quantity',
  x: 'int-or-string',
  t: 'time',
  u: 'micro-time',
  y: 'bytes',
  o: 'any',
};

const parsed = new Map<string, ObjectType>();

/** @throws Error for a name that no line has: a defect of the notation. */
export function objectType(name: string): ObjectType {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const line = LINES.get(name);
  if (line === undefined) throw new Error(`no schema ${name}`);
  const [head = '', ...tokens] = line.split(' ');
  const fields = new Map<string, SchemaType>();
  const required: string[] = [];
  for (const token of tokens) {
    const colon = token.indexOf(':');
    const field = token.slice(0, colon).replace('*', '');
    if (token[colon - 1] === '*') required.push(field);
    fields.set(field, typeOf(token.slice(colon + 1)));
  }
  const type = { name, atomic: head.endsWith('!'), fields, required };
  parsed.set(name, type);
  return type;
}

function typeOf(text: string): SchemaType {
  if (text.startsWith('@')) return referred(text);
  if (text.startsWith('<')) {
    const end = text.lastIndexOf('>');
    return {
      kind: 'map',
      items: typeOf(text.slice(1, end)),
      ...(text.endsWith('!') ? { atomic: true } : {}),
    };
  }
  if (text.startsWith('[')) return listOf(text);
  const scalar = SCALARS[text];
  if (scalar !== undefined) return { kind: scalar };
  const [body = '', fallback] = text.split('=');
  const [, ...values] = body.split('|');
  return {
    kind: 'string',
    ...(values.length > 0 ? { values } : {}),
    ...(fallback === undefined ? {} : { fallback: fallback.slice(1, -1) }),
  };
}

function referred(text: string): SchemaType {
  const match = /^@(\w+)(!?)(\^?)$/.exec(text);
  const name = match?.[1] ?? '';
  const atomic = match?.[2] === '!' || (LINES.get(name) ?? '').startsWith(`${name}!`);
  return {
    kind: 'object',
    name,
    ...(atomic ? { atomic } : {}),
    ...(match?.[3] === '^' ? { retainKeys: true } : {}),
  };
}

function listOf(text: string): SchemaType {
  const end = text.lastIndexOf(']');
  const match = /^(\([^)]*\))?(~\w*)?(\^)?$/.exec(text.slice(end + 1));
  const keys = match?.[1]?.slice(1, -1);
  return {
    kind: 'list',
    items: typeOf(text.slice(1, end)),
    listType: keys === undefined ? 'atomic' : keys === '' ? 'set' : 'map',
    ...(keys ? { keys: keys.split(',') } : {}),
    ...(match?.[2] === undefined ? {} : { mergeKey: match[2].slice(1) }),
    ...(match?.[3] === '^' ? { retainKeys: true } : {}),
  };
}

/** The type of an object's field or a map's value; undefined where none is declared. */
export function fieldType(type: SchemaType, name: string): SchemaType | undefined {
  if (type.kind === 'map') return type.items;
  if (type.kind !== 'object' || type.name === undefined) return undefined;
  return objectType(type.name).fields.get(name);
}

/** All types that a type refers to, itself among them. */
export function closure(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  const visit = (type: SchemaType | undefined): void => {
    if (type?.name !== undefined) closure(type.name, found);
    if (type?.items !== undefined) visit(type.items);
  };
  for (const type of objectType(name).fields.values()) visit(type);
  return found;
}
