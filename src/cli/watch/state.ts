import { OPEN } from '../../agents/machine.ts';
import { arrayOf, type JsonObject, numberOf } from '../../core/json.ts';
import type { ApprovalRow } from '../../journal/approval-types.ts';
import type { IncidentRow } from '../../journal/incident-types.ts';
import type { JournalReader } from '../../journal/open.ts';
import type { SeverityPoint } from '../../journal/standing.ts';
import { NEEDS_HUMAN, TERMINAL_STATES } from '../../journal/states.ts';
import { type StepRow, type TransactionRow, TransactionState } from '../../journal/types.ts';
import type { WriterHolder } from '../../journal/writer-lock.ts';
import { newestCalls, type SeenCall } from './calls.ts';

/** A severity, or that it is not known: unobserved objects make the number worthless. */
export type Severity = number | 'unknown' | 'not measured';

/** What a transaction has used of a bound, as far as the journal tells. */
export interface Used {
  readonly used: number;
  /** Undefined where the transaction names no such bound. */
  readonly of: number | undefined;
}

export interface SeenTransaction {
  readonly id: string;
  readonly state: TransactionState;
  /** Ended, and a person has to look at what is left. */
  readonly needsHuman: boolean;
  readonly reason: string;
  readonly actor: string;
  readonly incident: string | undefined;
  readonly openedAt: number;
  readonly deadlineAt: number;
  readonly closedAt: number | null;
  readonly outcome: string | null;
  readonly commands: Used;
  readonly objects: Used;
  readonly baseline: Severity;
  readonly now: Severity;
  readonly trend: readonly SeverityPoint[];
}

export interface WriterNote extends WriterHolder {
  /** Whether such a process runs on this machine. It may be another one by now. */
  readonly alive: boolean;
}

/** What is going on, as the journal has it. Times are wall ms. */
export interface WatchState {
  readonly journal: string;
  readonly at: number;
  /** Those that wait first, the one that is over next on top; then those that were approved and not used yet. */
  readonly approvals: readonly ApprovalRow[];
  readonly incidents: readonly IncidentRow[];
  /** Those that are not finished, newest first. */
  readonly transactions: readonly SeenTransaction[];
  /** The last ones that are. */
  readonly ended: readonly SeenTransaction[];
  readonly writer: WriterNote | undefined;
  readonly leases: readonly { lease: string; epoch: number; named: boolean }[];
  readonly calls: readonly SeenCall[];
}

const ROWS = 50;
const ENDED = 3;
const POINTS = 60;
const UNFINISHED = Object.values(TransactionState).filter(
  (state) => !TERMINAL_STATES.includes(state),
);

/** Reads what is going on. @throws StratusError journal_unavailable */
export function stateOf(
  reader: JournalReader,
  { now, alive }: { now: number; alive: (pid: number) => boolean },
): WatchState {
  const { approvals, incidents, transactions, standing, audit } = reader;
  const writer = standing.writer();
  const seen = (row: TransactionRow) => transactionOf(reader, row);
  return {
    journal: reader.path,
    at: now,
    approvals: byUrgency(
      approvals.list({ states: ['WAITING', 'APPROVED'], limit: ROWS, offset: 0 }).rows,
    ),
    incidents: incidents.list({ phases: OPEN, limit: ROWS }).rows,
    transactions: transactions.list({ states: UNFINISHED, limit: ROWS }).rows.map(seen),
    ended: transactions.list({ states: TERMINAL_STATES, limit: ENDED }).rows.map(seen),
    writer: writer && { ...writer, alive: alive(writer.pid) },
    leases: standing.leases(),
    calls: newestCalls(audit, ROWS),
  };
}

function byUrgency(rows: readonly ApprovalRow[]): ApprovalRow[] {
  const rank = (row: ApprovalRow) => (row.state === 'WAITING' ? 0 : 1);
  return rows.toSorted((a, b) => rank(a) - rank(b) || a.decideBy - b.decideBy);
}

function transactionOf(reader: JournalReader, row: TransactionRow): SeenTransaction {
  const { id, state, bounds } = row;
  const steps = reader.transactions.steps(id);
  const trend = reader.standing.severities(id, POINTS);
  const baseline = measured(row.before);
  const last = trend.at(-1);
  return {
    ...{ id, state, reason: row.reason, actor: row.actor, outcome: row.outcome },
    ...{ openedAt: row.openedAt, deadlineAt: row.deadlineAt, closedAt: row.closedAt },
    needsHuman: NEEDS_HUMAN.includes(state),
    incident: reader.incidents.ofTransaction(id)?.incident,
    // A command that was never journaled is not seen here; the server counts it.
    commands: {
      used: Math.max(0, ...steps.map(({ command }) => command)),
      of: bound(bounds, 'commands'),
    },
    objects: { used: new Set(steps.map(objectOf)).size, of: bound(bounds, 'objects') },
    baseline,
    now: last === undefined ? baseline : last.unknowns > 0 ? 'unknown' : last.severity,
    trend,
  };
}

function objectOf({ apiVersion, kind, namespace, name }: StepRow): string {
  return [apiVersion, kind, namespace, name].join('|');
}

function bound(bounds: JsonObject, name: string): number | undefined {
  return numberOf(bounds[name]);
}

function measured(measurement: JsonObject | null): Severity {
  if (measurement === null) return 'not measured';
  if (arrayOf(measurement.unknowns).length > 0) return 'unknown';
  return numberOf(measurement.severity) ?? 'unknown';
}
