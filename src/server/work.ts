import { describeRef } from '../core/kube.ts';
import { short } from '../tools/transaction/payload.ts';
import type { MitigateTool } from '../tools/types.ts';
import type {
  Budget,
  Caller,
  ObjectChange,
  StepRequest,
  TransactionEngine,
} from '../transaction/types.ts';

export const NOTHING_TO_DO = 'Nothing to do: everything already is as asked.';

/** Changes, planned or made, with the part of the answer that tells them. */
export interface Told {
  readonly changes: readonly ObjectChange[];
  /** What the model reads first. */
  readonly sentence: string;
  /** `changes` of one command, `commands` of several. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface PlannedWork extends Told {
  /** Absent outside a transaction. */
  readonly budget?: Budget;
  /** Where the work will be; `*` for an object of the cluster, and for what isn't known yet. */
  readonly namespaces: readonly string[];
  /** Which command of several a change belongs to, as the beginning of a sentence about it. */
  readonly commandOf?: (change: ObjectChange) => string;
}

export interface DoneWork extends Told {
  readonly budget: Budget;
}

/** What a changing call does, be it one command or several. */
export interface Work {
  plan(engine: TransactionEngine, caller: Caller, transaction?: string): Promise<PlannedWork>;
  /** Sees to it that a person approved what asks, before a transaction is opened for it. */
  approve(engine: TransactionEngine, caller: Caller): Promise<void>;
  run(engine: TransactionEngine, transaction: string, caller: Caller): Promise<DoneWork>;
}

/** The call as the transaction layer takes it. @throws StratusError for what is wrong with the arguments alone. */
export function stepRequest(tool: MitigateTool, args: Record<string, unknown>): StepRequest {
  return {
    tool: tool.name,
    reads: tool.reads(args),
    plan: (live) => tool.plan(args, live),
  };
}

/** One command. */
export function singleWork(request: StepRequest): Work {
  const told = (changes: readonly ObjectChange[]): Told => ({
    changes,
    sentence: sentenceOf(changes),
    payload: { changes: changes.map(changePayload) },
  });
  return {
    plan: async (engine, caller, transaction) => {
      const { changes, budget } = await engine.plan(request, caller, transaction);
      const namespaces = namespacesOf(changes);
      return { ...told(changes), namespaces, ...(budget === undefined ? {} : { budget }) };
    },
    approve: (engine, caller) => engine.approve([request], caller),
    run: async (engine, transaction, caller) => {
      const { changes, budget } = await engine.step(transaction, request, caller);
      return { ...told(changes), budget };
    },
  };
}

/** Severity is measured where the change is; an object of the cluster can hurt everywhere. */
export function namespacesOf(changes: readonly ObjectChange[]): string[] {
  return [...new Set(changes.map(({ object }) => object.namespace ?? '*'))];
}

export function sentenceOf(changes: readonly ObjectChange[]): string {
  // What waits for the commit says more than what stands in for it meanwhile.
  const first = changes.find(({ deferred }) => deferred) ?? changes[0];
  if (first === undefined) return NOTHING_TO_DO;
  const more = changes.length > 1 ? `, and ${changes.length - 1} more` : '';
  return `${first.summary}${more}.`;
}

export function changePayload(change: ObjectChange) {
  const { effect, rule, reason } = change.decision;
  return {
    object: describeRef(change.object),
    summary: change.summary,
    diff: change.diff,
    kubectl: change.kubectl,
    class: change.class,
    ...(change.deferred ? { after_commit: true } : {}),
    undo: change.undo,
    policy: effect === 'allow' ? `allow (${rule})` : `${effect} (${rule}): ${reason}`,
    ...short(change.warnings, 'warnings'),
  };
}
