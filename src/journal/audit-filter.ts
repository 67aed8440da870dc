import type { Database } from './database.ts';
import type { AuditFilter } from './types.ts';

/** What a query may ask for, besides paging. */
export interface AuditCondition extends Omit<AuditFilter, 'limit' | 'before'> {
  /** Leave out the start row of each call that has its outcome row: one row per call. */
  readonly fold?: boolean;
}

/** One way for a row to meet a term, by an index whose entries are in the order of `seq`. */
export interface Branch {
  readonly index: string;
  readonly test: string;
  readonly value: string;
}

/** A condition that rows meet by any of its branches; by none when it has none. */
export type Term = readonly Branch[];

const OBJECT_NAME = `substr(object, instr(object, '/') + 1)`;

/** The conditions of a filter that indexes know, other than time; a row has to meet each. */
export function termsOf(database: Database, filter: AuditCondition): Term[] {
  const equal = (column: string, value: string | undefined): Term[] =>
    value === undefined ? [] : [[branch(column, value)]];
  return [
    ...equal('tool', filter.tool),
    ...equal('namespace', filter.namespace),
    ...equal('txn', filter.transaction),
    ...equal('decision', filter.decision),
    ...equal('outcome', filter.outcome),
    ...(filter.object === undefined ? [] : [[objectBranch(filter.object)]]),
    ...(filter.actor === undefined ? [] : [actorTerm(database, filter.actor)]),
    ...(filter.kinds === undefined ? [] : [filter.kinds.map((kind) => branch('kind', kind))]),
  ];
}

/** What is left: conditions that each row is asked for. */
export function restOf({ fold }: AuditCondition): string[] {
  return fold
    ? [
        `NOT (kind = 'call' AND EXISTS (
           SELECT 1 FROM audit AS ended WHERE ended.call = audit.call AND ended.kind = 'outcome'))`,
      ]
    : [];
}

function branch(column: string, value: string): Branch {
  return { index: `audit_${column}`, test: `${column} = ?`, value };
}

// `Deployment/catalog`, or the bare name of any kind.
function objectBranch(object: string): Branch {
  const whole = object.includes('/');
  return {
    index: whole ? 'audit_object' : 'audit_object_name',
    test: `object IS NOT NULL AND ${whole ? 'object' : OBJECT_NAME} = ? COLLATE NOCASE`,
    value: object,
  };
}

// A client is `name version`; the name alone finds every version of it.
function actorTerm({ sql }: Database, actor: string): Term {
  const next = sql.prepare<[string, string], { client: string }>(
    'SELECT client FROM audit WHERE client > ? AND client < ? ORDER BY client LIMIT 1',
  );
  const clients = [actor];
  for (let last = `${actor} `; ; ) {
    const found = next.get(last, `${actor}!`);
    if (found === undefined) break;
    clients.push(found.client);
    last = found.client;
  }
  const candidates = [
    ...clients.map((client) => branch('client', client)),
    branch('principal', actor),
    branch('session', actor),
  ];
  // Mostly one of them is meant, and one branch alone is read in order.
  return candidates.filter(({ index, test, value }) => {
    const any = `SELECT 1 FROM audit INDEXED BY ${index} WHERE ${test} LIMIT 1`;
    return sql.prepare<[string]>(any).get(value) !== undefined;
  });
}

/** The WHERE clause of a whole filter, with its parameters, for reading all rows in order. */
export function whereOf(
  database: Database,
  filter: AuditCondition,
): { where: string; parameters: unknown[] } {
  const tests: string[] = [];
  const parameters: unknown[] = [];
  for (const [test, value] of [
    ['at >= ?', filter.since],
    ['at < ?', filter.until],
  ] as const) {
    if (value === undefined) continue;
    tests.push(test);
    parameters.push(value);
  }
  for (const term of termsOf(database, filter)) {
    tests.push(testOf(term));
    parameters.push(...term.map(({ value }) => value));
  }
  const all = [...tests, ...restOf(filter)];
  return { where: all.length === 0 ? '' : `WHERE ${all.join(' AND ')}`, parameters };
}

/** A term as a condition on a row; its parameters are the branches' values. */
export function testOf(term: Term): string {
  if (term.length === 0) return 'false';
  return `(${term.map(({ test }) => `(${test})`).join(' OR ')})`;
}
