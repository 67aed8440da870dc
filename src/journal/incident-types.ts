import type { Json, JsonObject } from '../core/json.ts';

/** Phases of an incident. Which follows which, and who may do what in it, is in src/agents/machine.ts. */
export const IncidentPhase = {
  /** Opened: what is wrong, and for whom, is being found out. */
  DETECTION: 'detection',
  /** Why it is wrong is being found out. */
  DIAGNOSIS: 'diagnosis',
  /** A cause is named, and a transaction may be opened against it. */
  MITIGATION: 'mitigation',
  /** The transaction was committed: is the incident gone? */
  VALIDATION: 'validation',
  /** The transaction of this attempt is being taken back, or could not be taken back whole. */
  UNDOING: 'undoing',
  /** What fired at the opening is gone, measured. Final. */
  RESOLVED: 'resolved',
  /** Handed to a person. Final for an assistant. */
  ESCALATED: 'escalated',
} as const;
export type IncidentPhase = (typeof IncidentPhase)[keyof typeof IncidentPhase];

/** One incident. It belongs to the journal and not to a connection: whoever comes next goes on with it. */
export interface IncidentRow {
  /** `inc-3`. */
  readonly id: string;
  readonly phase: IncidentPhase;
  /** What is wrong, in the words of who opened it; redacted. */
  readonly title: string;
  /** Who opened it. */
  readonly actor: string;
  /** As journaled with transactions: an incident belongs to one cluster. */
  readonly cluster: string;
  /** 1, 2, …: the attempt that is under way. */
  readonly attempt: number;
  /** Attempts that the policy allowed when it was opened. */
  readonly attemptsAllowed: number;
  /** Wall ms. */
  readonly openedAt: number;
  /** When it was resolved or escalated. */
  readonly closedAt: number | null;
  /** Where severity is measured: a list of namespaces, or `all`. */
  readonly namespaces: readonly string[] | 'all';
  /** Severity at the opening; null: it could not be measured whole. */
  readonly severity: number | null;
  /** The violations that make up this incident, as measured at the opening: what has to be gone. */
  readonly own: readonly JsonObject[];
  /** The measurement at the opening. */
  readonly baseline: JsonObject;
  /** How it ended, one sentence. */
  readonly outcome: string | null;
}

/** One move of an incident; the first has no `from`. */
export interface PhaseRow {
  readonly seq: number;
  readonly from: IncidentPhase | null;
  readonly to: IncidentPhase;
  /** The attempt it leads into, or belongs to. */
  readonly attempt: number;
  readonly at: number;
  /** Who moved it; null: the transaction did, whoever ended that. */
  readonly actor: string | null;
  readonly transaction: string | null;
  readonly why: string;
  /** Severity that was measured for the move. */
  readonly severity: number | null;
}

/** A suspected cause, with what speaks for it. */
export interface HypothesisRow {
  readonly seq: number;
  /** The attempt it was recorded in. */
  readonly attempt: number;
  readonly at: number;
  readonly actor: string;
  readonly cause: string;
  readonly evidence: readonly string[];
}

/** The transaction of an attempt. An attempt has one at most. */
export interface AttemptRow {
  readonly incident: string;
  readonly attempt: number;
  readonly transaction: string;
}

/** Why and by whom an incident is moved. */
export interface MoveNote {
  readonly call?: string;
  readonly tool?: string;
  readonly actor: string;
  readonly why: string;
  readonly severity?: number | null;
  /** More for the audit log. */
  readonly detail?: Readonly<Record<string, Json>>;
}

export interface IncidentMove {
  readonly from: IncidentPhase;
  readonly to: IncidentPhase;
  /** The attempt that the caller saw: the move lands in that one or not at all. */
  readonly attempt: number;
  /** Starts the next attempt. */
  readonly next?: true;
  /** Only while this attempt has no transaction. */
  readonly untouched?: true;
}

/**
 * Incidents with their history. Each write is one SQLite transaction with its row of the audit chain, durable on
 * return. Moves that a transaction makes (commit, abort, undo) are written together with the state of that
 * transaction, so that a crash can't part the two.
 */
export interface IncidentStore {
  open(row: Omit<IncidentRow, 'id'>, note: MoveNote): IncidentRow;
  get(id: string): IncidentRow | undefined;
  /** Newest first. */
  list(filter: { phases?: readonly IncidentPhase[]; limit: number; offset?: number }): {
    rows: IncidentRow[];
    total: number;
  };
  /**
   * Compare-and-set on phase and attempt. Says nothing about which edges there are: see src/agents/machine.ts.
   * @returns whether it landed; false: somebody else moved it first, or a transaction was begun
   */
  move(id: string, move: IncidentMove, note: MoveNote): boolean;
  /** Adds a hypothesis to the attempt that is under way. @returns undefined when the incident is closed or unknown */
  record(
    id: string,
    hypothesis: Pick<HypothesisRow, 'cause' | 'evidence'>,
    note: Omit<MoveNote, 'why'>,
  ): HypothesisRow | undefined;
  /** In order. */
  history(id: string): PhaseRow[];
  /** In order. */
  hypotheses(id: string): HypothesisRow[];
  /** In order. A transaction that was pruned is still named. */
  attempts(id: string): AttemptRow[];
  /** The incident that a transaction belongs to. */
  ofTransaction(transaction: string): AttemptRow | undefined;
}
