import { StratusError } from '../../core/errors.ts';
import { stringOf } from '../../core/json.ts';
import type { RedactionRules } from '../../core/redact-text.ts';
import type { JournalReader } from '../../journal/open.ts';
import type { AuditRow } from '../../journal/types.ts';
import { masked } from './mask.ts';
import { stepDiff } from './step-diff.ts';
import type { Report, ReportedIncident, ReportedTransaction } from './types.ts';

/** Rows of the audit log in one timeline. */
const MOST_ROWS = 3_000;

/** The call that opened an incident began before it. */
const OPENING_MS = 10 * 60_000;

export interface CollectOptions {
  readonly redaction: RedactionRules;
  /** Wall ms. */
  readonly at: number;
  /** Of this stratus-mcp. */
  readonly version: string;
}

/**
 * Reads everything about an incident (`inc-3`) or a transaction (`txn-7`).
 * @throws StratusError transaction_not_found, incident_not_found, journal_unavailable
 */
export function collect(journal: JournalReader, id: string, options: CollectOptions): Report {
  const incident = journal.incidents.get(id);
  const found = incident === undefined ? undefined : incidentOf(journal, id, incident);
  const ids = found === undefined ? [id] : found.attempts.map(({ transaction }) => transaction);
  const transactions = ids.flatMap((each) => transactionOf(journal, each, options) ?? []);
  if (found === undefined && transactions.length === 0) throw unknown(journal, id);
  const rows =
    found === undefined
      ? transactions.flatMap(({ rows }) => rows)
      : about(journal, found, transactions);
  return {
    ...masked(
      { ...(found === undefined ? {} : { incident: found }), transactions },
      options.redaction,
    ),
    rows: masked(rows.slice(0, MOST_ROWS), options.redaction),
    more: Math.max(0, rows.length - MOST_ROWS),
    chain: journal.audit.verify(),
    at: options.at,
    version: options.version,
  };
}

function incidentOf(
  { incidents }: JournalReader,
  id: string,
  row: ReportedIncident['row'],
): ReportedIncident {
  return {
    row,
    history: incidents.history(id),
    hypotheses: incidents.hypotheses(id),
    attempts: incidents.attempts(id),
  };
}

function transactionOf(
  { transactions, audit, incidents }: JournalReader,
  id: string,
  { redaction }: CollectOptions,
): ReportedTransaction | undefined {
  const row = transactions.get(id);
  if (row === undefined) return undefined;
  return {
    row,
    steps: transactions.steps(id).map((step) => ({
      step,
      diff: stepDiff(step, (name) => transactions.image(id, step.seq, name), redaction),
    })),
    samples: transactions.samples(id),
    rows: audit.story(id),
    attempt: incidents.ofTransaction(id),
  };
}

/**
 * The rows of an incident: its own, those of its transactions, and what the sessions that worked on it
 * called while it was open.
 */
function about(
  { audit }: JournalReader,
  { row, history }: ReportedIncident,
  transactions: readonly ReportedTransaction[],
): AuditRow[] {
  const ends = [row.closedAt, ...transactions.map(({ row: { closedAt } }) => closedAt)];
  const open = ends.includes(null);
  const last = Math.max(...ends.map((end) => end ?? 0), history.at(-1)?.at ?? 0);
  const near = [
    ...audit.export({ since: row.openedAt - OPENING_MS, ...(open ? {} : { until: last + 1_000 }) }),
  ];
  const chosen = new Map(transactions.flatMap(({ rows }) => rows).map((each) => [each.seq, each]));
  for (const each of near) {
    if (each.kind === 'incident' && stringOf(each.detail.incident) === row.id)
      chosen.set(each.seq, each);
  }
  const calls = new Set([...chosen.values()].flatMap(({ call }) => call ?? []));
  const sessions = new Set(
    near.flatMap(({ call, session }) => (call !== null && calls.has(call) ? (session ?? []) : [])),
  );
  // What an answer belongs to, its call says.
  const theirs = new Set<string>();
  for (const each of near) {
    const during = each.at >= row.openedAt && each.at <= (row.closedAt ?? Number.POSITIVE_INFINITY);
    if (each.kind === 'call' && each.call !== null && during && sessions.has(each.session ?? '')) {
      theirs.add(each.call);
    }
    if (each.call !== null && (calls.has(each.call) || theirs.has(each.call))) {
      chosen.set(each.seq, each);
    }
  }
  return [...chosen.values()].sort((a, b) => a.seq - b.seq);
}

function unknown({ path }: JournalReader, id: string): StratusError {
  const incident = id.startsWith('inc');
  return new StratusError(
    incident ? 'incident_not_found' : 'transaction_not_found',
    `There is no ${incident ? 'incident' : 'transaction'} ${id} in ${path}.`,
    { next: 'Name one such as inc-3 or txn-7. Find its id with: stratus-mcp audit list' },
  );
}
