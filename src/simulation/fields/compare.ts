import { equalJson, type Json } from '../../core/json.ts';
import type { SchemaType } from '../schema/notation.ts';
import { childrenOf } from './element.ts';
import { EMPTY, type FieldSet, fieldsOf, isEmpty, MEMBER } from './set.ts';

export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const SAME: Comparison = { added: EMPTY, modified: EMPTY, removed: EMPTY };

/**
 * What differs between two values of one type, as structured-merge-diff tells it: leaves, units,
 * and items of lists; what appears or goes counts with everything in it. Null is as good as empty.
 */
export function compare(type: SchemaType | undefined, before: Json, after: Json): Comparison {
  if (equalJson(before, after)) return SAME;
  const was = childrenOf(type, before ?? emptyLike(after));
  const is = childrenOf(type, after ?? emptyLike(before));
  if (was === undefined || is === undefined) return { ...SAME, modified: MEMBER };
  if (was.size === 0 && is.size === 0) return { ...SAME, modified: MEMBER };
  const added = new Map<string, FieldSet>();
  const modified = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  for (const [name, child] of is) {
    const old = was.get(name);
    if (old === undefined) {
      added.set(name, withSelf(child.type, child.value));
      continue;
    }
    const inner = compare(child.type, old.value, child.value);
    add(added, name, inner.added);
    add(modified, name, inner.modified);
    add(removed, name, inner.removed);
  }
  for (const [name, old] of was) {
    if (!is.has(name)) removed.set(name, withSelf(old.type, old.value));
  }
  const set = (children: Map<string, FieldSet>): FieldSet => ({ member: false, children });
  return { added: set(added), modified: set(modified), removed: set(removed) };
}

function add(children: Map<string, FieldSet>, name: string, set: FieldSet): void {
  if (!isEmpty(set)) children.set(name, set);
}

function emptyLike(other: Json): Json {
  if (Array.isArray(other)) return [];
  return typeof other === 'object' && other !== null ? {} : null;
}

/** A field that came or went: itself, and everything in it. */
function withSelf(type: SchemaType | undefined, value: Json): FieldSet {
  const children = new Map(fieldsOf(type, value).children);
  for (const [name, child] of childrenOf(type, value) ?? []) {
    children.set(name, withSelf(child.type, child.value));
  }
  return { member: true, children };
}
