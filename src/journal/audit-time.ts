import type { Database } from './database.ts';

/** Rows from `first` to `last`, both included. */
export interface Span {
  readonly first: number;
  readonly last: number;
}

// A clock that went back more often than this is broken, and each row's time is looked at instead.
const MOST_PIECES = 100;

/**
 * The rows whose time is in [since, until), as spans, newest first; `undefined` when there would be
 * too many of them. Rows are without gaps: old ones leave at the front only.
 */
export function spansOf(
  { sql }: Database,
  within: Span,
  { since, until }: { readonly since?: number; readonly until?: number },
): Span[] | undefined {
  if (within.first > within.last) return [];
  if (since === undefined && until === undefined) return [within];
  const backs = sql
    .prepare<[number, number, number], { seq: number }>(
      'SELECT seq FROM audit_clock_back WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?',
    )
    .all(within.first, within.last, MOST_PIECES + 1);
  if (backs.length > MOST_PIECES) return undefined;
  const timeOf = sql.prepare<[number], { at: number }>('SELECT at FROM audit WHERE seq = ?');

  /** The first row of a piece that isn't before `time`; the row behind the piece when all are. */
  const firstSince = ({ first, last }: Span, time: number): number => {
    let low = first;
    let high = last + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((timeOf.get(middle)?.at ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const starts = [within.first, ...backs.map(({ seq }) => seq)];
  const spans = starts.map((start, i): Span => {
    const piece = { first: start, last: (starts[i + 1] ?? within.last + 1) - 1 };
    return {
      first: since === undefined ? piece.first : firstSince(piece, since),
      last: until === undefined ? piece.last : firstSince(piece, until) - 1,
    };
  });
  return spans.filter(({ first, last }) => first <= last).toReversed();
}
