import { type AuditRecord, auditRowOf } from './audit-chain.ts';
import { type AuditCondition, restOf, type Term, termsOf, testOf } from './audit-filter.ts';
import { EVERY_ROW, type Source, unionOf } from './audit-source.ts';
import { type Span, spansOf } from './audit-time.ts';
import type { Database } from './database.ts';
import { readAnchor, readMeta } from './meta.ts';
import type { AuditFilter, AuditPage } from './types.ts';

const LARGEST_PAGE = 10_000;

/**
 * Rows that are looked at to choose an index and to count. Below this a total is exact; above it is
 * what was found among so many, and the page says so: counting half a million matches would cost
 * more than the page itself.
 */
const LOOKED_AT = 1_000;

/**
 * A page of the newest matches. SQLite reads one index per query and doesn't know how rare a value
 * is, so the rarest is chosen here, by how far back its newest entries reach.
 */
export function search(database: Database, filter: AuditFilter & AuditCondition): AuditPage {
  const limit = Math.max(1, Math.min(Math.trunc(filter.limit), LARGEST_PAGE));
  const all = { first: readAnchor(database).seq + 1, last: readMeta(database).audit_rows };
  const terms = termsOf(database, filter);
  if (terms.some((term) => term.length === 0)) return { rows: [], total: 0 };
  const spans = spansOf(database, all, filter);
  const rest = restOf(filter);
  if (spans === undefined) {
    rest.push(...timeTests(filter));
  }

  const found: AuditRecord[] = [];
  let total = 0;
  let atLeast = false;
  let left = LOOKED_AT;
  for (const span of spans ?? [all]) {
    const plan = planOf(database, terms, rest, span);
    const last = Math.min(span.last, (filter.before ?? Number.MAX_SAFE_INTEGER) - 1);
    if (found.length <= limit) {
      found.push(...page(database, plan, { ...span, last }, limit + 1 - found.length));
    }
    if (atLeast) continue;
    const counted = count(database, plan, span, left);
    total += counted.matches;
    left -= counted.lookedAt;
    atLeast = counted.more;
  }
  const rows = found.slice(0, limit).map(auditRowOf);
  const oldest = rows.at(-1);
  const more = found.length > limit && oldest !== undefined;
  // All of them are on this one page, however few of the candidates were counted.
  const whole = !more && filter.before === undefined;
  return {
    rows,
    total: whole ? rows.length : Math.max(total, rows.length),
    ...(atLeast && !whole ? { totalAtLeast: true } : {}),
    ...(more ? { nextBefore: oldest.seq } : {}),
  };
}

function timeTests({ since, until }: AuditFilter): string[] {
  // Whole numbers from our own arithmetic; as text, because `rest` has no parameters.
  return [
    ...(since === undefined ? [] : [`at >= ${Math.trunc(since)}`]),
    ...(until === undefined ? [] : [`at < ${Math.trunc(until)}`]),
  ];
}

/** Where candidates come from, and what each of them is asked for. */
interface Plan extends Source {
  readonly tests: readonly string[];
  readonly values: readonly string[];
}

function planOf(database: Database, terms: readonly Term[], rest: string[], span: Span): Plan {
  const reach = (term: Term) => {
    const sources = term.flatMap(({ source }) => source ?? []);
    if (sources.length < term.length) return [];
    const newest = sources.map((source) => newestOf(database, source, span));
    const full = newest.some(({ size }) => size >= LOOKED_AT);
    const reached = {
      term,
      sources,
      size: full ? LOOKED_AT : newest.reduce((sum, { size }) => sum + size, 0),
      oldest: Math.max(...newest.map(({ size, oldest }) => (size < LOOKED_AT ? 0 : oldest))),
    };
    return [reached];
  };
  const [rarest] = terms.flatMap(reach).sort((a, b) => a.size - b.size || a.oldest - b.oldest);
  // Several branches are in order only once they are sorted, which is for few rows.
  const usable = rarest && (rarest.size < LOOKED_AT || rarest.term.length === 1);
  const driver = usable ? rarest : undefined;
  const others = terms.filter((term) => term !== driver?.term);
  return {
    ...(driver === undefined ? EVERY_ROW : unionOf(driver.sources)),
    tests: [...others.map(testOf), ...rest],
    values: others.flatMap((term) => term.map(({ value }) => value)),
  };
}

function page(database: Database, plan: Plan, span: Span, limit: number): AuditRecord[] {
  const tests = plan.tests.map((test) => ` AND ${test}`).join('');
  return database.sql
    .prepare<unknown[], AuditRecord>(
      `SELECT audit.* FROM ${plan.from}${tests} ORDER BY ${plan.order} LIMIT ?`,
    )
    .all(...plan.bind(span), ...plan.values, limit);
}

interface Counted {
  readonly matches: number;
  readonly lookedAt: number;
  /** There are candidates that weren't looked at. */
  readonly more: boolean;
}

function count(database: Database, plan: Plan, span: Span, most: number): Counted {
  if (plan.from === EVERY_ROW.from && plan.tests.length === 0) {
    return { matches: span.last - span.first + 1, lookedAt: 0, more: false };
  }
  const hit = plan.tests.length === 0 ? 'true' : plan.tests.join(' AND ');
  const found = database.sql
    .prepare<unknown[], { matches: number | null; looked: number }>(
      `SELECT sum(hit) AS matches, count(*) AS looked FROM
         (SELECT ${hit} AS hit FROM ${plan.from} ORDER BY ${plan.order} LIMIT ?)`,
    )
    .get(...plan.values, ...plan.bind(span), most + 1);
  const looked = found?.looked ?? 0;
  return { matches: found?.matches ?? 0, lookedAt: Math.min(looked, most), more: looked > most };
}

/** How many rows a source has, up to {@link LOOKED_AT}, and how far back the newest of them reach. */
function newestOf({ sql }: Database, source: Source, span: Span): { size: number; oldest: number } {
  const found = sql
    .prepare<unknown[], { size: number; oldest: number | null }>(
      `SELECT count(*) AS size, min(seq) AS oldest FROM
         (SELECT seq FROM ${source.from} ORDER BY ${source.order} LIMIT ${LOOKED_AT})`,
    )
    .get(...source.bind(span));
  return { size: found?.size ?? 0, oldest: found?.oldest ?? 0 };
}
