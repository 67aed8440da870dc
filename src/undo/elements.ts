import { isObject, type Json, type JsonScalar, stringifyJson } from '../core/json.ts';
import { elementKeys, type Segment } from './path.ts';
import type { Shape } from './shape.ts';

/** A list as a map from element identity to element, in the list's order. */
export interface Elements {
  readonly order: readonly string[];
  readonly byId: ReadonlyMap<string, { readonly segment: Segment; readonly value: Json }>;
}

/**
 * Indexes a keyed list or a set by identity.
 * @returns undefined when the value isn't such a list or an identity occurs twice
 *   (the API server accepts duplicate env names); the list is then one unit.
 */
export function elementsOf(value: Json | undefined, shape: Shape): Elements | undefined {
  if (value === undefined) return { order: [], byId: new Map() };
  if (!Array.isArray(value)) return undefined;
  const byId = new Map<string, { segment: Segment; value: Json }>();
  for (const element of value) {
    const segment = segmentOf(element, shape);
    if (segment === undefined) return undefined;
    const id = identityText(segment);
    if (byId.has(id)) return undefined;
    byId.set(id, { segment, value: element });
  }
  return { order: [...byId.keys()], byId };
}

function segmentOf(element: Json, shape: Shape): Segment | undefined {
  if (shape.kind === 'set') {
    return isObject(element) || Array.isArray(element)
      ? undefined
      : { value: element as JsonScalar };
  }
  const keys = elementKeys(element, shape.keys);
  return keys === undefined ? undefined : { keys: keys as Record<string, Json> };
}

/** The identity of an element as a key of a map. */
export function identityText(segment: Segment): string {
  if (typeof segment === 'string') return segment;
  return stringifyJson('keys' in segment ? { ...segment.keys } : segment.value);
}
