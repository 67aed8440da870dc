import type { StratusError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { ObjectRef } from '../core/kube.ts';
import type { ApprovalRow } from '../journal/approval-types.ts';
import type {
  DeferredState,
  ReversibilityClass,
  StepState,
  TransactionState,
} from '../journal/types.ts';
import type { Bounds, Decision } from '../policy/types.ts';
import type { Measurement, Verdict } from '../severity/types.ts';
import type { Caller } from './caller.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import type { LeaseView } from './lease-types.ts';
import type { Live, PlannedWrite, Read } from './plan-types.ts';
import type { RecoveryReport } from './recover.ts';
import type { ResolveRequest } from './resolve.ts';

export type { Caller } from './caller.ts';
export type * from './plan-types.ts';

export interface BeginRequest {
  readonly reason: string;
  /** Namespaces the caller means to work in; severity is measured there. At least one; `*` is the whole cluster. */
  readonly namespaces: readonly string[];
  /** Reductions on purpose, e.g. `Deployment/shop/legacy`. */
  readonly declaredReductions?: readonly { object: ObjectRef; reason: string }[];
  /** The incident that it is an attempt at, such as `inc-3`; it has to be in mitigation. */
  readonly incident?: string;
}

export interface StepRequest {
  readonly tool: string;
  /** The tool whose call this is a command of, where it isn't `tool` itself: the policy is asked about both. */
  readonly within?: string;
  readonly reads: readonly Read[];
  /** Pure. Throws StratusError for bad input; an empty list means nothing to do. */
  readonly plan: (live: Live) => readonly PlannedWrite[];
}

/** What one write does to one object: pre-image against the dry run's result (or the real one once written). */
export interface ObjectChange {
  readonly object: ObjectRef;
  readonly verb: PlannedWrite['verb'];
  readonly summary: string;
  readonly kubectl: string;
  readonly class: ReversibilityClass;
  /** True for a write that is made only after the commit. */
  readonly deferred?: true;
  /** True for an irreversible write that would be put off instead, if the policy had a person asked about it. */
  readonly deferrable?: true;
  /** The way back, one sentence. */
  readonly undo: string;
  /** Unified diff of YAML, redacted, cut at a bounded length. */
  readonly diff: string;
  readonly changedPaths: readonly string[];
  readonly decision: Decision;
  readonly warnings: readonly string[];
}

export interface Budget {
  readonly commandsLeft: number;
  readonly secondsLeft: number;
  readonly objectsLeft: number;
  readonly podsAtRiskLeft: number;
}

export interface PlanResult {
  readonly changes: readonly ObjectChange[];
  /** Absent outside a transaction. */
  readonly budget?: Budget;
}

/** One command of a call that has several, as far as it can be planned before any of them runs. */
export type PlannedCommand =
  | {
      readonly kind: 'planned';
      readonly changes: readonly ObjectChange[];
      /** Earlier commands of the call that touch the same objects: the plan doesn't know their result. */
      readonly after: readonly number[];
    }
  /** Not possible on the state of now; an earlier command may cure that. */
  | { readonly kind: 'later'; readonly error: StratusError }
  | { readonly kind: 'nothing'; readonly reason: string };

export interface BatchPlan {
  readonly commands: readonly PlannedCommand[];
  /** Absent outside a transaction. */
  readonly budget?: Budget;
}

/** What became of one command of a call that has several; undefined where there was nothing to do. */
export interface BatchResult {
  readonly commands: readonly (StepResult | undefined)[];
  readonly budget: Budget;
}

export interface StepResult {
  readonly transaction: string;
  readonly command: number;
  readonly changes: readonly ObjectChange[];
  readonly budget: Budget;
}

export interface StepView {
  readonly seq: number;
  readonly command: number;
  readonly tool: string;
  readonly verb: string;
  readonly object: ObjectRef;
  readonly class: ReversibilityClass;
  readonly state: StepState;
  /** Of a write that is put off until the commit. */
  readonly deferred?: DeferredState;
  readonly kubectl: string;
  readonly error?: string;
  readonly residual: readonly Json[];
  readonly conflicts: readonly Json[];
}

export interface TransactionView {
  readonly id: string;
  readonly state: TransactionState;
  readonly reason: string;
  readonly actor: string;
  readonly openedAt: number;
  readonly deadlineAt: number;
  readonly closedAt?: number;
  readonly namespaces: readonly string[] | 'all';
  readonly bounds: Bounds;
  readonly budget?: Budget;
  readonly steps: readonly StepView[];
  readonly severityBefore?: number;
  readonly severityAfter?: number;
  readonly severityAfterUndo?: number;
  readonly verdict?: Verdict;
  readonly outcome?: string;
  /** Questions of it that wait for a person, and approvals that wait for their call; newest first. */
  readonly approvals?: readonly ApprovalRow[];
  /** The incident that it is an attempt at. */
  readonly incident?: string;
  /** True when this process is the one that may go on with it. */
  readonly mine: boolean;
}

/** What taking back did, object by object. */
export interface UndoReport {
  readonly complete: boolean;
  readonly objects: readonly {
    readonly object: ObjectRef;
    readonly state: StepState;
    /** `restored exactly`, `deleted again`, `recreated with a new uid`. */
    readonly how: string;
    readonly residual: readonly Json[];
    readonly conflicts: readonly Json[];
  }[];
  readonly measurement?: Measurement;
  readonly summary: string;
}

/** A transaction after something of it was taken back. */
export interface Undone {
  readonly transaction: TransactionView;
  readonly undo: UndoReport;
}

export type CommitResult =
  | { readonly kind: 'committed'; readonly transaction: TransactionView; readonly verdict: Verdict }
  /** The gate (or the settle time) said no: everything was taken back. */
  | {
      readonly kind: 'undone';
      readonly transaction: TransactionView;
      readonly verdict?: Verdict;
      readonly reason: string;
      readonly undo: UndoReport;
    }
  /** Still settling: call commit again with the same id to go on waiting. */
  | {
      readonly kind: 'settling';
      readonly transaction: TransactionView;
      readonly unsettled: readonly string[];
    };

export interface CommitOptions {
  /** Milliseconds to wait before answering `settling`. */
  readonly waitMs: number;
  /** Called with each sample while waiting. */
  readonly onProgress?: (sample: { elapsedMs: number; severity: number; note: string }) => void;
}

/**
 * The transaction layer: the only holder of a ClusterWriter.
 * All methods throw StratusError; whatever they throw, the journal tells what happened.
 */
export interface TransactionEngine {
  begin(request: BeginRequest, caller: Caller): Promise<TransactionView>;
  /** Plans without writing: reads, policy, bounds, class, dry run, diff. `transaction` is optional. */
  plan(request: StepRequest, caller: Caller, transaction?: string): Promise<PlanResult>;
  /**
   * Before a call opens a transaction of its own: sees to it that a person approved what asks. Uses nothing up, so the
   * step that follows can.
   * @throws StratusError approval_required, approval_refused
   */
  approve(requests: readonly StepRequest[], caller: Caller): Promise<void>;
  step(transaction: string, request: StepRequest, caller: Caller): Promise<StepResult>;
  /** Plans several commands, each against the state of now, and refuses what no earlier one could cure. */
  plans(requests: readonly StepRequest[], caller: Caller, transaction?: string): Promise<BatchPlan>;
  /** Several commands in this order, all of them or none; each counts against K. */
  steps(
    transaction: string,
    requests: readonly StepRequest[],
    caller: Caller,
  ): Promise<BatchResult>;
  commit(transaction: string, options: CommitOptions): Promise<CommitResult>;
  /** Takes everything back and closes; completes a commit that was decided already, with `complete` false. */
  abort(
    transaction: string,
    reason: string,
    caller: Caller,
    /** Decides about fields that others changed again. */
    resolve?: ResolveRequest,
  ): Promise<Undone>;
  /** Takes back the last command of an open transaction; it still counts against K. */
  undoLast(transaction: string, caller: Caller): Promise<Undone>;
  /** Takes back a whole transaction that was committed. */
  undoCommitted(transaction: string, caller: Caller, resolve?: ResolveRequest): Promise<Undone>;
  view(transaction: string): TransactionView;
  list(filter: { open?: boolean; limit: number; offset?: number }): {
    transactions: TransactionView[];
    total: number;
  };
  /** Takes back what a dead process left open. Leaves a live sibling's alone. Safe to call at any time, and to be killed in. */
  recover(): Promise<RecoveryReport>;
  /**
   * A human accepts a transaction that could not be taken back (ABORT_INCOMPLETE, UNDO_INCOMPLETE) as it is now.
   * For the CLI alone; never offered to a model.
   */
  accept(transaction: string, note: string, caller: Caller): Promise<TransactionView>;
  /** Which cluster this is, as transactions and incidents are journaled with. @throws StratusError */
  cluster(): Promise<ClusterIdentity>;
  /** Who may write, as the Lease says; undefined where there is none. @throws StratusError */
  lease(options: { timeoutMs: number }): Promise<LeaseView | undefined>;
  /**
   * Frees the Lease of a host that is gone for good, together with the mark of its transaction. Waits until it has run
   * out. For the CLI alone.
   * @returns what it said before
   */
  breakLease(note: string, caller: Caller): Promise<LeaseView>;
  /** Aborts what this process has open, for at most `ms`; the rest is recovered at the next start. */
  close(ms: number): Promise<void>;
}
