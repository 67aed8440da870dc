import { equalJson, isObject, type Json, ownValue } from '../core/json.ts';
import { elementsOf } from './elements.ts';
import type { Path } from './path.ts';
import type { Shape } from './shape.ts';

/**
 * Leaf paths at which two values differ, by the list keys of the server's schema.
 * A wholly added or removed object is walked down to its leaves, so that a rule on fields sees each of them.
 */
export function diffPaths(
  before: Json | undefined,
  after: Json | undefined,
  shape: Shape,
  path: Path = [],
): Path[] {
  if (equalJson(before, after)) return [];
  if (shape.kind === 'granular' && mapLike(before) && mapLike(after)) {
    const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
    const found = names.flatMap((name) =>
      diffPaths(ownValue(before, name), ownValue(after, name), shape.field(name), [...path, name]),
    );
    // {} against nothing differs in no leaf.
    return found.length > 0 ? found : [path];
  }
  if (shape.kind === 'keyed-list' || shape.kind === 'set') {
    const a = elementsOf(before, shape);
    const b = elementsOf(after, shape);
    if (a && b) {
      const ids = [...new Set([...a.order, ...b.order])];
      const found = ids.flatMap((id) => {
        const one = a.byId.get(id);
        const other = b.byId.get(id);
        const segment = one?.segment ?? other?.segment;
        if (segment === undefined) return [];
        if (shape.kind === 'set') return one && other ? [] : [[...path, segment]];
        return diffPaths(one?.value, other?.value, shape.element(), [...path, segment]);
      });
      // Only the order changed: that is a change of the list.
      return found.length > 0 ? found : [path];
    }
  }
  return [path];
}

function mapLike(
  value: Json | undefined,
): value is { [key: string]: Json | undefined } | undefined {
  return value === undefined || isObject(value);
}
