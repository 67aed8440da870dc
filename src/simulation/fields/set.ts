import { isObject, type Json, type JsonObject, objectOf } from '../../core/json.ts';
import type { SchemaType } from '../schema/notation.ts';
import { childrenOf, type Element } from './element.ts';

/** A set of paths. `member` says that the path to this node is in it; immutable. */
export interface FieldSet {
  readonly member: boolean;
  readonly children: ReadonlyMap<Element, FieldSet>;
}

export const EMPTY: FieldSet = { member: false, children: new Map() };
export const MEMBER: FieldSet = { member: true, children: new Map() };

export function isEmpty(set: FieldSet): boolean {
  return !set.member && [...set.children.values()].every(isEmpty);
}

function node(member: boolean, children: Iterable<readonly [Element, FieldSet]>): FieldSet {
  return { member, children: new Map([...children].filter(([, child]) => !isEmpty(child))) };
}

function combine(
  a: FieldSet,
  b: FieldSet,
  rule: (inA: boolean, inB: boolean) => boolean,
): FieldSet {
  const names = new Set([...a.children.keys(), ...b.children.keys()]);
  return node(
    rule(a.member, b.member),
    [...names].map((name) => {
      const child = combine(a.children.get(name) ?? EMPTY, b.children.get(name) ?? EMPTY, rule);
      return [name, child] as const;
    }),
  );
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (x, y) => x || y);
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (x, y) => x && y);
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (x, y) => x && !y);
}

/** Without the members of `b` and all that is below them. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (b.member) return EMPTY;
  return node(
    a.member,
    [...a.children].map(([name, child]) => {
      const other = b.children.get(name);
      return [name, other === undefined ? child : recursiveDifference(child, other)] as const;
    }),
  );
}

/** The paths of all members, for messages and comparison. */
export function pathsOf(set: FieldSet, before: readonly Element[] = []): Element[][] {
  const here = set.member && before.length > 0 ? [[...before]] : [];
  return [
    ...here,
    ...[...set.children].flatMap(([name, child]) => pathsOf(child, [...before, name])),
  ];
}

/** The form of `fieldsV1`. A member with children has a `.` among them. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const fields: JsonObject = {};
  if (set.member && set.children.size > 0) fields['.'] = {};
  for (const name of [...set.children.keys()].sort()) {
    fields[name] = toFieldsV1(set.children.get(name) ?? EMPTY);
  }
  return fields;
}

export function fromFieldsV1(fields: Json | undefined, isRoot = true): FieldSet {
  const entries = Object.entries(objectOf(fields));
  const children = entries
    .filter(([name]) => name !== '.')
    .map(([name, inner]) => [name, fromFieldsV1(inner, false)] as const);
  const member = !isRoot && (children.length === 0 || isObject(objectOf(fields)['.']));
  return { member, children: new Map(children) };
}

/**
 * All fields that a value names: its leaves and units, and items of lists themselves. Of maps and
 * objects only the empty ones.
 */
export function fieldsOf(type: SchemaType | undefined, value: Json, isItem = false): FieldSet {
  const children = childrenOf(type, value);
  if (children === undefined || children.size === 0) return MEMBER;
  return node(
    isItem,
    [...children].map(([name, child]) => [
      name,
      fieldsOf(child.type, child.value, !name.startsWith('f:')),
    ]),
  );
}
