import { createHash } from 'node:crypto';
import { StratusError } from '../../core/errors.ts';
import { isObject, type JsonObject, parseJson, stringifyJson } from '../../core/json.ts';

/**
 * A cursor names where the next page begins (`position`: a continue token or the last item shown)
 * and which query it belongs to. Opaque to callers.
 *
 * @param query what must be the same on the next page: tool, resource, namespace, filters.
 */
export function encodeCursor(position: string, query: JsonObject): string {
  return Buffer.from(stringifyJson({ p: position, q: digest(query) })).toString('base64url');
}

/**
 * The position inside a cursor.
 * @throws StratusError invalid_arguments when it isn't a cursor, or one of another query.
 */
export function decodeCursor(cursor: string, query: JsonObject): string {
  const content = parsed(cursor);
  if (typeof content?.p !== 'string' || typeof content.q !== 'string') {
    throw new StratusError('invalid_arguments', 'This is not a cursor that an answer gave.', {
      next: 'Leave cursor out to begin with the first page.',
    });
  }
  if (content.q !== digest(query)) {
    throw new StratusError('invalid_arguments', 'This cursor belongs to another query.', {
      next: 'Repeat the arguments of the call that gave the cursor, or leave cursor out.',
    });
  }
  return content.p;
}

function parsed(cursor: string): JsonObject | undefined {
  try {
    const value = parseJson(Buffer.from(cursor, 'base64url').toString());
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function digest(query: JsonObject): string {
  const sorted = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(stringifyJson(sorted.map(([k, v]) => [k, v ?? null])))
    .digest('hex')
    .slice(0, 16);
}

/** Where an item stands in a list: greater ranks first, then by id. */
export interface Anchor {
  readonly rank: number;
  readonly id: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly remaining: number;
  readonly cursor?: string;
}

/**
 * One page of a list that is computed anew for each call. The cursor holds the last item's place in
 * the order rather than an index, so that items which come or go meanwhile shift nothing.
 */
export function pageByAnchor<T>(
  all: readonly T[],
  anchorOf: (item: T) => Anchor,
  options: { limit: number; cursor?: string | undefined; query: JsonObject },
): Page<T> {
  const sorted = all
    .map((item) => ({ item, anchor: anchorOf(item) }))
    .sort((a, b) => compare(a.anchor, b.anchor));
  const after = options.cursor === undefined ? undefined : anchorIn(options.cursor, options.query);
  const rest = after ? sorted.filter(({ anchor }) => compare(anchor, after) > 0) : sorted;
  const shown = rest.slice(0, options.limit);
  const last = shown.at(-1)?.anchor;
  const remaining = rest.length - shown.length;
  return {
    items: shown.map(({ item }) => item),
    total: all.length,
    remaining,
    ...(remaining > 0 && last
      ? { cursor: encodeCursor(`${last.rank} ${last.id}`, options.query) }
      : {}),
  };
}

function anchorIn(cursor: string, query: JsonObject): Anchor {
  const position = decodeCursor(cursor, query);
  const space = position.indexOf(' ');
  return { rank: Number(position.slice(0, space)), id: position.slice(space + 1) };
}

function compare(a: Anchor, b: Anchor): number {
  if (a.rank !== b.rank) return b.rank - a.rank;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
