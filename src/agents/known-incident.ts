import { type Json, numberOf, objectOf, objectsOf, stringOf } from '../core/json.ts';
import type { HypothesisRow, IncidentRow, IncidentStore } from '../journal/incident-types.ts';
import type { TransactionStore } from '../journal/types.ts';
import { standingOf } from './standing.ts';
import type { Standing } from './steps.ts';

/** What an attempt did, and what the gate said to it. */
export interface KnownAttempt {
  readonly attempt: number;
  readonly transaction: string;
  /** Absent when the journal has pruned the transaction. */
  readonly state?: string;
  readonly outcome?: string;
  /** Its changes as kubectl lines. */
  readonly changed: readonly string[];
  readonly before?: number;
  readonly after?: number;
  readonly afterUndo?: number;
  /** The findings that spoke against it. */
  readonly measured: readonly string[];
}

/** All that the journal has of an incident, for whoever goes on with it. */
export interface KnownIncident {
  readonly row: IncidentRow;
  readonly standing: Standing;
  readonly hypotheses: readonly HypothesisRow[];
  /** In order. */
  readonly attempts: readonly KnownAttempt[];
}

interface Journals {
  readonly incidents: Pick<IncidentStore, 'hypotheses' | 'attempts'>;
  readonly transactions: Pick<TransactionStore, 'get' | 'steps'>;
}

export function knownIncident(journal: Journals, row: IncidentRow): KnownIncident {
  return {
    row,
    standing: standingOf(journal.incidents, row),
    hypotheses: journal.incidents.hypotheses(row.id),
    attempts: journal.incidents
      .attempts(row.id)
      .map(({ attempt, transaction }) => knownAttempt(journal, attempt, transaction)),
  };
}

function knownAttempt({ transactions }: Journals, attempt: number, id: string): KnownAttempt {
  const row = transactions.get(id);
  if (row === undefined) return { attempt, transaction: id, changed: [], measured: [] };
  const before = severityOf(row.before);
  const after = severityOf(row.after);
  const afterUndo = severityOf(row.afterUndo);
  return {
    attempt,
    transaction: id,
    state: row.state,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    changed: [...new Set(transactions.steps(id).map(({ kubectl }) => kubectl))],
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(afterUndo === undefined ? {} : { afterUndo }),
    measured: objectsOf(objectOf(row.verdict ?? undefined).findings)
      .filter(({ ok }) => ok === false)
      .flatMap(({ message }) => stringOf(message) ?? []),
  };
}

/** A measurement that could not see everything has no number to compare. */
function severityOf(measurement: Json): number | undefined {
  const { severity, unknowns } = objectOf(measurement);
  return Array.isArray(unknowns) && unknowns.length > 0 ? undefined : numberOf(severity);
}

/** True for an attempt whose change is gone again, or should be. */
export function wasTakenBack({ state }: KnownAttempt): boolean {
  return state !== undefined && /^(ABORT|UNDO)/.test(state);
}

/** True when it was measured before it was taken back: the gate refused it, or it was committed and did not help. */
export function wasJudged({ state, measured }: KnownAttempt): boolean {
  return measured.length > 0 || state?.startsWith('UNDO') === true;
}
