import { equalJson, isObject, type Json, ownValue } from '../core/json.ts';
import { elementsOf, identityText } from './elements.ts';
import { type Conflict, type GoesOver, type Merged, mergeUndo, NEVER } from './merge.ts';
import { formatPath, type Path } from './path.ts';
import type { Shape } from './shape.ts';

/** One write of ours to an object: what it was and what it became. */
export interface Update {
  readonly pre: Json;
  readonly post: Json;
  /** False when no answer was seen: it may not have happened. */
  readonly seen: boolean;
}

/**
 * {@link mergeUndo} for several writes of ours to one object, oldest first. They are folded into one change before
 * they are taken out, because what was a → b → c has to be recognised as undone at a, where neither write alone
 * would: only so a restore is idempotent. What others wrote between two of ours becomes part of what was before.
 */
export function undoHistory(
  updates: readonly Update[],
  now: Json | undefined,
  shape: Shape,
  goesOver: GoesOver = NEVER,
): Merged {
  const last = updates.at(-1);
  if (last !== undefined && !last.seen) {
    const before = undoUnseen(updates.slice(0, -1), last, now, shape);
    if (before !== undefined) return before;
  }
  const all = undoAll(updates, now, shape, goesOver);
  if (all.conflicts.length === 0 || last === undefined || last.seen) return all;
  const without = undoAll(updates.slice(0, -1), now, shape, goesOver);
  return without.conflicts.length === 0 ? without : all;
}

/**
 * Takes a last write out alone, which is right whether or not it happened, and then the others. Folded with them it
 * could hide one: of a → b → a, with the second lost on its way, nothing would seem to be left to do at b.
 */
function undoUnseen(
  others: readonly Update[],
  last: Update,
  now: Json | undefined,
  shape: Shape,
): Merged | undefined {
  const alone = mergeUndo(last.pre, last.post, now, shape);
  if (alone.conflicts.length > 0) return undefined;
  const rest = undoAll(others, alone.value, shape);
  return rest.conflicts.length === 0 ? rest : undefined;
}

function undoAll(
  updates: readonly Update[],
  now: Json | undefined,
  shape: Shape,
  goesOver: GoesOver = NEVER,
): Merged {
  const [first, ...rest] = updates;
  if (first === undefined) return { value: now, conflicts: [] };
  let before: Json | undefined = first.pre;
  let ours: Json | undefined = first.post;
  const overwritten: Conflict[] = [];
  for (const update of rest) {
    const between = mergeUndo(before, ours, update.pre, shape, goesOver);
    overwritten.push(...between.conflicts);
    before = between.value;
    ours = update.post;
  }
  const merged = mergeUndo(before, ours, now, shape, goesOver);
  // Somebody who overwrote ours in between may have put back since what was before us.
  const isBack = ({ path }: Conflict) =>
    overwritten.some(
      (old) =>
        formatPath(old.path) === formatPath(path) &&
        equalJson(old.before, valueAt(now, path, shape)),
    );
  return {
    value: merged.value,
    conflicts: [
      ...overwritten.filter((conflict) => !isBack(conflict)),
      ...merged.conflicts.filter((conflict) => !isBack(conflict)),
    ],
  };
}

/** The value at a path; `undefined` when there is none. */
export function valueAt(value: Json | undefined, path: Path, shape: Shape): Json | undefined {
  return placeAt(value, path, shape).value;
}

/** The same, with the shape that the value has there. */
export function placeAt(
  value: Json | undefined,
  path: Path,
  shape: Shape,
): { readonly value: Json | undefined; readonly shape: Shape } {
  let here = value;
  let kind = shape;
  for (const segment of path) {
    if (typeof segment === 'string') {
      here = isObject(here) ? ownValue(here, segment) : undefined;
      kind = kind.field(segment);
    } else {
      here = elementsOf(here, kind)?.byId.get(identityText(segment))?.value;
      kind = kind.element();
    }
  }
  return { value: here, shape: kind };
}
