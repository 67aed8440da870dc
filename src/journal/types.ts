import type { Json, JsonObject } from '../core/json.ts';
import type { ApprovalStore } from './approval-types.ts';
import type { AuditLog } from './audit-types.ts';
import type { IncidentStore } from './incident-types.ts';
import type { Retention } from './retention.ts';

export type * from './audit-types.ts';
export type * from './incident-types.ts';

/** States of a transaction. */
export const TransactionState = {
  /** Commands may be added. */
  OPEN: 'OPEN',
  /** commit was asked: waiting until the touched workloads settle and stay stable. */
  SETTLING: 'SETTLING',
  /** The gate passed. This row update is the linearisation point: from here on it rolls forward. */
  COMMIT_DECIDED: 'COMMIT_DECIDED',
  /** Deferred work and marks are being cleaned up. */
  FINALIZING: 'FINALIZING',
  COMMITTED: 'COMMITTED',
  /** Committed, but something that was put off until then was refused: a person has to look. */
  COMMIT_INCOMPLETE: 'COMMIT_INCOMPLETE',
  /** Everything is being taken back. */
  ABORTING: 'ABORTING',
  /** Taken back and verified. */
  ABORTED: 'ABORTED',
  /** Taking back met something that needs a human (UNDO_CONFLICT, UNDO_IMPOSSIBLE, an unknown outcome). */
  ABORT_INCOMPLETE: 'ABORT_INCOMPLETE',
  /** A committed transaction is being taken back. */
  UNDOING: 'UNDOING',
  /** A committed transaction was taken back and verified. */
  UNDONE: 'UNDONE',
  UNDO_INCOMPLETE: 'UNDO_INCOMPLETE',
} as const;
export type TransactionState = (typeof TransactionState)[keyof typeof TransactionState];

/** States of one write to one object. */
export const StepState = {
  /** Journaled; the request may or may not have left. */
  INTENT: 'INTENT',
  APPLIED: 'APPLIED',
  /** The API server said no: nothing changed. */
  REJECTED: 'REJECTED',
  /** No clear answer was seen, and it could not be found out yet whether the change happened. */
  UNKNOWN: 'UNKNOWN',
  /** Applied, and its undo was rehearsed by dry run. */
  VERIFIED: 'VERIFIED',
  UNDO_INTENT: 'UNDO_INTENT',
  UNDO_APPLIED: 'UNDO_APPLIED',
  /** Taken back and verified against the cluster. */
  UNDONE: 'UNDONE',
  UNDO_CONFLICT: 'UNDO_CONFLICT',
  UNDO_IMPOSSIBLE: 'UNDO_IMPOSSIBLE',
} as const;
export type StepState = (typeof StepState)[keyof typeof StepState];

/**
 * A write that is put off until the commit is decided: it waits, was made (or found made), or was refused in the
 * end. Its `state` is VERIFIED from the beginning, for nothing of it is in the cluster.
 */
export type DeferredState = 'WAITING' | 'DONE' | 'REFUSED';

/** Reversibility class: exact, compensating, irreversible. */
export type ReversibilityClass = 'exact' | 'compensating' | 'irreversible';

export interface TransactionRow {
  /** `txn-7`. */
  id: string;
  /** Epoch of the writer that owns it. */
  epoch: number;
  state: TransactionState;
  /** Why it was opened, the caller's words. */
  reason: string;
  /** Who opened it. */
  actor: string;
  /** Kubeconfig context and server: a transaction belongs to one cluster. */
  cluster: string;
  policyDigest: string;
  /** Wall ms. */
  openedAt: number;
  deadlineAt: number;
  decidedAt: number | null;
  closedAt: number | null;
  /** Bounds as of begin. */
  bounds: JsonObject;
  scope: JsonObject;
  declaredReductions: Json[];
  /** Measurement at begin / at the verdict / after an undo; null until taken. */
  before: JsonObject | null;
  after: JsonObject | null;
  afterUndo: JsonObject | null;
  verdict: JsonObject | null;
  /** Why it ended as it did, one sentence. */
  outcome: string | null;
}

export interface StepRow {
  transaction: string;
  /** 1, 2, … within the transaction: one row per written object. */
  seq: number;
  /** 1, 2, … the command (tool call) it belongs to: what K counts. */
  command: number;
  tool: string;
  verb: 'create' | 'patch' | 'apply' | 'delete' | 'evict';
  apiVersion: string;
  kind: string;
  plural: string;
  namespace: string | null;
  name: string;
  class: ReversibilityClass;
  state: StepState;
  /** null or absent for a write that is made at once. */
  deferred?: DeferredState | null;
  /** UUID; also the Audit-ID header of the request. */
  intentId: string;
  attempt: number;
  uid: string | null;
  baseResourceVersion: string | null;
  /** Wall ms of the last moment the request may have left this process. */
  sentAt: number | null;
  httpStatus: number | null;
  error: string | null;
  postResourceVersion: string | null;
  postUid: string | null;
  rehearsal: string | null;
  /** kubectl line for the reader. */
  kubectl: string;
  /** What the undo left different, and who holds it: list of {path, before, ours, now, owner} or sentences. */
  residual: Json[];
  conflicts: Json[];
}

/** A person's decision about the conflicts of one object. */
export interface ResolutionRow {
  /** `v1|ConfigMap|shop|app`. */
  object: string;
  how: 'force' | 'keep_theirs';
  /** Digests of the conflicts that were decided about. */
  seen: string[];
}

/** Some steps of a transaction: each condition has to hold. */
export interface StepFilter {
  readonly kind?: string;
  readonly name?: string;
  readonly notIn?: readonly StepState[];
}

/** Byte images of a step, sealed at rest. */
export type ImageName = 'pre' | 'request' | 'predicted' | 'post' | 'undo';

export interface SampleRow {
  transaction: string;
  phase: 'before' | 'settle' | 'after' | 'undo';
  /** Wall ms. */
  at: number;
  severity: number;
  violations: Json[];
  unknowns: Json[];
}

/** Thrown as StratusError journal_unavailable by every method when the file can't be read or written. */
/** A kind and namespace in which something was created. */
export interface CreatePlace {
  readonly cluster: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | null;
}

export interface IntentOwner {
  readonly transaction: string;
  readonly state: StepState;
  /** The object that it made, where that was seen. */
  readonly uid: string | null;
  /** State of the transaction. */
  readonly ended: TransactionState;
}

export interface TransactionStore {
  /**
   * Inserts with the next id; the epoch must be the current one. With an incident it becomes the transaction of that
   * one's attempt, and moves it from then on.
   * @throws StratusError incident_phase when the incident is not in mitigation, or its attempt has a transaction
   */
  create(row: Omit<TransactionRow, 'id'>, incident?: string): TransactionRow;
  get(id: string): TransactionRow | undefined;
  /** Newest first. */
  list(filter: { states?: readonly TransactionState[]; limit: number; offset?: number }): {
    rows: TransactionRow[];
    total: number;
  };
  /**
   * Guarded transition: one UPDATE … WHERE state IN (from) AND the epoch is still ours.
   * @returns whether it landed. `false` means somebody else moved it first, or the epoch is over: re-read and stop writing.
   */
  move(
    id: string,
    from: readonly TransactionState[],
    to: TransactionState,
    epoch: number,
    patch?: Partial<TransactionRow>,
  ): boolean;
  /** Changes fields but not the state. @returns whether it landed. */
  update(id: string, epoch: number, patch: Partial<Omit<TransactionRow, 'id' | 'state'>>): boolean;
  /** Gives an open transaction of a dead writer to the recovering one. */
  adopt(id: string, epoch: number): void;
  addStep(row: StepRow, images: Partial<Record<ImageName, Buffer>>, epoch: number): void;
  moveStep(
    transaction: string,
    seq: number,
    from: readonly StepState[],
    to: StepState,
    epoch: number,
    patch?: Partial<StepRow>,
    images?: Partial<Record<ImageName, Buffer>>,
  ): boolean;
  /** In order of seq; all of them, or those that meet the filter. */
  steps(transaction: string, filter?: StepFilter): StepRow[];
  /** Opens a sealed image. `undefined` when there is none. @throws StratusError journal_unavailable when the key doesn't fit. */
  image(transaction: string, seq: number, name: ImageName): Buffer | undefined;
  /** Keeps what a person decided about conflicts, durable on return; the audit log has it with `detail`. */
  resolve(
    transaction: string,
    rows: readonly ResolutionRow[],
    epoch: number,
    detail: JsonObject,
  ): void;
  /** A decision that was carried out, or could not be, counts no longer. */
  unresolve(transaction: string, object: string, epoch: number): void;
  resolutions(transaction: string): ResolutionRow[];
  /**
   * Where objects were created by the newest 500 transactions that were opened since then (wall ms), and by the newest
   * 20 whenever they were.
   */
  createPlaces(since: number): CreatePlace[];
  /** The step with that intent and what became of its transaction; undefined when it is none of this journal. */
  ownerOf(intentId: string): IntentOwner | undefined;
  addSample(row: SampleRow): void;
  samples(transaction: string): SampleRow[];
}

/** Local writer exclusivity: an OS lock held through SQLite, freed by the kernel when the process dies, kept by a stopped one. */
export interface WriterLock {
  /**
   * Takes the lock and raises the epoch, or says who holds it.
   * `epoch` guards every journal write of a transaction.
   */
  acquire():
    | { kind: 'held'; epoch: number }
    | { kind: 'busy'; holder: { pid: number; since: number; description: string } };
  release(): void;
  readonly held: boolean;
}

/** What this journal has to do with a Lease of a cluster. */
export interface LeaseNote {
  /** The highest leaseTransitions that it held the Lease with: a deleted Lease must not begin again below it. */
  readonly epoch: number;
  /** The Lease may still name this journal, as holder or as the one with an open transaction. */
  readonly named: boolean;
}

/** Notes about Leases, by cluster and name. */
export interface LeaseNotes {
  get(lease: string): LeaseNote | undefined;
  set(lease: string, note: LeaseNote): void;
}

export interface Journal {
  readonly path: string;
  /** Made with the file; a copy of the file keeps it. */
  readonly id: string;
  /** Tells this file, on this machine since it was booted, from a copy of it elsewhere. */
  readonly place: string;
  readonly leases: LeaseNotes;
  readonly audit: AuditLog;
  readonly transactions: TransactionStore;
  readonly approvals: ApprovalStore;
  readonly incidents: IncidentStore;
  readonly lock: WriterLock;
  readonly retention: Retention;
  /** Notes the policy in force; appends an audit row when the digest differs from the last one. */
  notePolicy(policy: { name: string; source: string; digest: string }): void;
  close(): void;
}
