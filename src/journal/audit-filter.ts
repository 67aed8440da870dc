import { actorSource, indexSource, type Source } from './audit-source.ts';
import type { Database } from './database.ts';
import type { AuditFilter } from './types.ts';

/** What a query may ask for, besides paging. */
export interface AuditCondition extends Omit<AuditFilter, 'limit' | 'before'> {
  /** Leave out the start row of each call that has its outcome row: one row per call. */
  readonly fold?: boolean;
}

/** One way for a row to meet a term. */
export interface Branch {
  /** Asked of a row, with `value`. */
  readonly test: string;
  readonly value: string;
  /** Where its rows are found; absent where that is nearly every row. */
  readonly source?: Source;
}

/** A condition that rows meet by any of its branches; by none when it has none. */
export type Term = readonly Branch[];

/** The conditions of a filter that indexes know, other than time; a row has to meet each. */
export function termsOf(database: Database, filter: AuditCondition): Term[] {
  const equal = (column: string, value: string | undefined): Term[] =>
    value === undefined ? [] : [[branch(column, value)]];
  return [
    ...equal('tool', filter.tool),
    ...equal('namespace', filter.namespace),
    ...equal('txn', filter.transaction),
    ...(filter.decision === undefined ? [] : [[decisionBranch(filter.decision)]]),
    ...(filter.outcome === undefined ? [] : [[outcomeBranch(filter.outcome)]]),
    ...(filter.object === undefined ? [] : [[objectBranch(filter.object)]]),
    ...(filter.actor === undefined ? [] : [actorTerm(database, filter.actor)]),
    ...(filter.kinds === undefined ? [] : [filter.kinds.map(kindBranch)]),
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
  const test = `${column} = ?`;
  return { test, value, source: indexSource(`audit_${column}`, test, [value]) };
}

/** A column whose index leaves out what nearly every row has. SQLite has to be told so once more. */
function branchBut(column: string, usual: readonly string[], but: string) {
  return (value: string): Branch => {
    const test = `${column} = ?`;
    if (usual.includes(value)) return { test, value };
    return { test, value, source: indexSource(`audit_${column}`, `${test} AND ${but}`, [value]) };
  };
}

const kindBranch = branchBut('kind', ['call', 'outcome'], `kind NOT IN ('call', 'outcome')`);
const decisionBranch = branchBut('decision', ['allow'], `decision <> 'allow'`);
const outcomeBranch = branchBut('outcome', ['ok'], `outcome <> 'ok'`);

const OBJECT_NAME = `substr(object, instr(object, '/') + 1) = ? COLLATE NOCASE`;
const OBJECT = 'object = ? COLLATE NOCASE';

// `Deployment/catalog`, or the bare name of any kind.
function objectBranch(object: string): Branch {
  const whole = object.includes('/');
  const name = object.slice(object.indexOf('/') + 1);
  const there = `object IS NOT NULL AND ${OBJECT_NAME}${whole ? ` AND ${OBJECT}` : ''}`;
  return {
    test: whole ? OBJECT : `object IS NOT NULL AND ${OBJECT_NAME}`,
    value: object,
    source: indexSource('audit_object', there, whole ? [name, object] : [name]),
  };
}

// A client is `name version`; the name alone finds every version of it.
function actorTerm(database: Database, actor: string): Term {
  const { sql } = database;
  const next = sql.prepare<[string, string], { client: string }>(
    'SELECT client FROM audit_actor WHERE client > ? AND client < ? ORDER BY client LIMIT 1',
  );
  const clients = [actor];
  for (let last = `${actor} `; ; ) {
    const found = next.get(last, `${actor}!`);
    if (found === undefined) break;
    clients.push(found.client);
    last = found.client;
  }
  const candidates = [
    ...clients.map((client) => ['client', client] as const),
    ['principal', actor] as const,
    ['session', actor] as const,
  ];
  // Mostly one of them is meant, and one branch alone is read in order.
  return candidates
    .filter(([column, value]) => {
      const any = `SELECT 1 FROM audit_actor WHERE ${column} = ? LIMIT 1`;
      return sql.prepare<[string]>(any).get(value) !== undefined;
    })
    .map(([column, value]) => ({
      test: `${column} = ?`,
      value,
      source: actorSource(database, column, value),
    }));
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
