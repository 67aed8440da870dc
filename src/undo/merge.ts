import { equalJson, isObject, type Json, type JsonObject, ownValue } from '../core/json.ts';
import { type Elements, elementsOf } from './elements.ts';
import type { Path } from './path.ts';
import type { Shape } from './shape.ts';

/** A path that we changed and somebody else changed again. `undefined` means: not there. */
export interface Conflict {
  readonly path: Path;
  readonly before: Json | undefined;
  readonly ours: Json | undefined;
  readonly now: Json | undefined;
}

/** True where what was before us is written over the present value. */
export type GoesOver = (conflict: Conflict) => boolean;

export const NEVER: GoesOver = () => false;

export interface Merged {
  readonly value: Json | undefined;
  readonly conflicts: readonly Conflict[];
}

/**
 * The three-way undo: takes our change (pre → post) out of the present value and keeps
 * everything else. At each path we changed: now = ours → before; now = before → already undone; else a conflict.
 * Idempotent, and right whether or not our write landed, which is what makes recovery simple.
 * At a conflict the present value is kept in the result, or what was before where a person decided so: without a
 * decision the caller must not write it.
 */
export function mergeUndo(
  pre: Json | undefined,
  post: Json | undefined,
  now: Json | undefined,
  shape: Shape,
  goesOver: GoesOver = NEVER,
): Merged {
  const found: Found = { conflicts: [], goesOver };
  const value = merge(pre, post, now, shape, [], found);
  return { value, conflicts: found.conflicts };
}

interface Found {
  readonly conflicts: Conflict[];
  readonly goesOver: GoesOver;
}

/** Notes a conflict. @returns true where what was before goes on, and not the present value */
function clash(found: Found, conflict: Conflict): boolean {
  found.conflicts.push(conflict);
  return found.goesOver(conflict);
}

function merge(
  pre: Json | undefined,
  post: Json | undefined,
  now: Json | undefined,
  shape: Shape,
  path: Path,
  found: Found,
): Json | undefined {
  if (equalJson(pre, post)) return now;
  if (equalJson(now, post)) return pre;
  if (equalJson(now, pre)) return now;
  if (shape.kind === 'granular' && mapLike(pre) && mapLike(post) && mapLike(now)) {
    return mergeMaps(pre, post, now, shape, path, found);
  }
  if (shape.kind === 'keyed-list' || shape.kind === 'set') {
    const lists = [pre, post, now].map((list) => elementsOf(list, shape));
    const [a, b, c] = lists;
    if (a && b && c) return mergeLists(a, b, c, pre === undefined, shape, path, found);
  }
  return clash(found, { path, before: pre, ours: post, now }) ? pre : now;
}

function mapLike(value: Json | undefined): value is JsonObject | undefined {
  return value === undefined || isObject(value);
}

function mergeMaps(
  pre: JsonObject | undefined,
  post: JsonObject | undefined,
  now: JsonObject | undefined,
  shape: Shape,
  path: Path,
  found: Found,
): JsonObject | undefined {
  const names = [...new Set([...Object.keys(now ?? {}), ...Object.keys(pre ?? {})])];
  const entries = names.flatMap((name): [string, Json][] => {
    const value = merge(
      ownValue(pre, name),
      ownValue(post, name),
      ownValue(now, name),
      shape.field(name),
      [...path, name],
      found,
    );
    return value === undefined ? [] : [[name, value]];
  });
  return entries.length === 0 && pre === undefined ? undefined : Object.fromEntries(entries);
}

function mergeLists(
  pre: Elements,
  post: Elements,
  now: Elements,
  absentBefore: boolean,
  shape: Shape,
  path: Path,
  found: Found,
): Json[] | undefined {
  const kept = new Map<string, Json>();
  for (const id of new Set([...now.order, ...pre.order, ...post.order])) {
    const value = mergeElement(pre, post, now, id, shape, path, found);
    if (value !== undefined) kept.set(id, value);
  }
  if (kept.size === 0 && absentBefore) return undefined;
  let asBefore = false;
  if (shape.kind === 'keyed-list' && orderConflicts(pre, post, now)) {
    const valuesOf = ({ order, byId }: Elements) =>
      order.map((id) => byId.get(id)?.value).filter((value) => value !== undefined);
    const [before, ours, present] = [pre, post, now].map(valuesOf);
    asBefore = clash(found, { path, before, ours, now: present });
  }
  return orderOf(pre, post, now, new Set(kept.keys()), asBefore).flatMap((id) => {
    const value = kept.get(id);
    return value === undefined ? [] : [value];
  });
}

/** An element that we added or removed as a whole is one unit: nobody's edit inside it can be kept without it. */
function mergeElement(
  pre: Elements,
  post: Elements,
  now: Elements,
  id: string,
  shape: Shape,
  path: Path,
  found: Found,
): Json | undefined {
  const before = pre.byId.get(id)?.value;
  const ours = post.byId.get(id)?.value;
  const present = now.byId.get(id)?.value;
  const segment = (pre.byId.get(id) ?? post.byId.get(id) ?? now.byId.get(id))?.segment;
  const here: Path = segment === undefined ? path : [...path, segment];
  if (before !== undefined && ours !== undefined && present !== undefined) {
    return merge(before, ours, present, shape.element(), here, found);
  }
  if (equalJson(before, ours)) return present;
  if (equalJson(present, ours)) return before;
  if (equalJson(present, before)) return present;
  return clash(found, { path: here, before, ours, now: present }) ? before : present;
}

/** The order before us where nobody else reordered; elements of others stay behind the neighbour they follow now. */
function orderOf(
  pre: Elements,
  post: Elements,
  now: Elements,
  kept: ReadonlySet<string>,
  asBefore: boolean,
): string[] {
  const theirs = !asBefore && commonOrder(now, [pre, post]) !== commonOrder(post, [pre, now]);
  const [base, rest] = theirs ? [now.order, pre.order] : [pre.order, now.order];
  const order = base.filter((id) => kept.has(id));
  let previous: string | undefined;
  for (const id of rest) {
    if (!kept.has(id)) continue;
    if (!order.includes(id))
      order.splice(previous === undefined ? 0 : order.indexOf(previous) + 1, 0, id);
    previous = id;
  }
  return order;
}

/** The order of a keyed list is one value: changed by us and changed again by somebody else, it is nobody's to guess. */
function orderConflicts(pre: Elements, post: Elements, now: Elements): boolean {
  const [before, ours, present] = [
    commonOrder(pre, [post, now]),
    commonOrder(post, [pre, now]),
    commonOrder(now, [pre, post]),
  ];
  return before !== ours && ours !== present && present !== before;
}

function commonOrder(list: Elements, others: readonly Elements[]): string {
  return list.order.filter((id) => others.every((other) => other.byId.has(id))).join('\n');
}
