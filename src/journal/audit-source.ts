import type { Span } from './audit-time.ts';
import type { Database } from './database.ts';

/** Rows of the audit log that are found in the order of `seq`, newest first, without a sort. */
export interface Source {
  /** A FROM clause with its WHERE. */
  readonly from: string;
  /** What SQLite knows as that order. */
  readonly order: string;
  /** The parameters of `from`, for the rows of a span. */
  readonly bind: (span: Span) => readonly unknown[];
}

const NEWEST_FIRST = 'seq DESC';
const WITHIN = 'seq BETWEEN ? AND ?';

export const EVERY_ROW: Source = {
  from: `audit NOT INDEXED WHERE ${WITHIN}`,
  order: NEWEST_FIRST,
  bind: ({ first, last }) => [first, last],
};

/** By an index whose entries for one value are in the order of `seq`. */
export function indexSource(index: string, test: string, values: readonly string[]): Source {
  return {
    from: `audit INDEXED BY ${index} WHERE ${WITHIN} AND ${test}`,
    order: NEWEST_FIRST,
    bind: ({ first, last }) => [first, last, ...values],
  };
}

/** By the runs of an actor (schema-lean.ts), and in each of them row by row. */
export function actorSource(
  { sql }: Database,
  column: 'client' | 'principal' | 'session',
  value: string,
): Source {
  const runAt = sql.prepare<[number], { first: number | null }>(
    'SELECT max(first) AS first FROM audit_actor WHERE first <= ?',
  );
  const next = 'SELECT min(first) - 1 FROM audit_actor AS later WHERE later.first > run.first';
  return {
    from: `audit_actor AS run INDEXED BY audit_actor_${column} CROSS JOIN audit NOT INDEXED
      WHERE run.${column} = ? AND run.first BETWEEN ? AND ?
        AND seq BETWEEN max(run.first, ?) AND min(coalesce((${next}), ${Number.MAX_SAFE_INTEGER}), ?)
        AND audit.${column} = run.${column}`,
    order: `run.first DESC, ${NEWEST_FIRST}`,
    // The run that the span begins in begins before it.
    bind: ({ first, last }) => [value, runAt.get(first)?.first ?? first, last, first, last],
  };
}

/** The rows of one source, or of several: these are sorted, which is for few rows. */
export function unionOf(sources: readonly Source[]): Source {
  const [only, ...more] = sources;
  if (only !== undefined && more.length === 0) return only;
  const each = sources.map(({ from }) => `SELECT seq FROM ${from}`);
  return {
    from: `audit WHERE seq IN (${each.join(' UNION ')})`,
    order: NEWEST_FIRST,
    bind: (span) => sources.flatMap(({ bind }) => bind(span)),
  };
}
