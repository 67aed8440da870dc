import type { Clock } from '../core/clock.ts';
import type { Journal, StepRow, TransactionRow } from '../journal/types.ts';
import type { Bounds } from '../policy/types.ts';
import type { Measurement, Scope, Verdict } from '../severity/types.ts';
import { budgetOf } from './bounds.ts';
import { refOfStep } from './refs.ts';
import type { Session } from './session.ts';
import { fromJson } from './to-json.ts';
import type { StepView, TransactionView } from './types.ts';

/** A transaction as the journal has it, with the budget where this process owns it. */
export function viewOf(
  journal: Journal,
  clock: Clock,
  row: TransactionRow,
  session: Session | undefined,
): TransactionView {
  const mine = session?.id === row.id;
  const before = fromJson<Measurement>(row.before);
  const after = fromJson<Measurement>(row.after);
  const afterUndo = fromJson<Measurement>(row.afterUndo);
  const verdict = fromJson<Verdict>(row.verdict);
  return {
    id: row.id,
    state: row.state,
    reason: row.reason,
    actor: row.actor,
    openedAt: row.openedAt,
    deadlineAt: row.deadlineAt,
    ...(row.closedAt === null ? {} : { closedAt: row.closedAt }),
    namespaces: fromJson<Scope>(row.scope)?.namespaces ?? [],
    bounds: row.bounds as unknown as Bounds,
    ...(mine && session && row.state === 'OPEN'
      ? { budget: budgetOf(session.bounds, session.usage, session.deadlineAt, clock.now()) }
      : {}),
    steps: journal.transactions.steps(row.id).map(stepView),
    ...(before === undefined ? {} : { severityBefore: before.severity }),
    ...(after === undefined ? {} : { severityAfter: after.severity }),
    ...(afterUndo === undefined ? {} : { severityAfterUndo: afterUndo.severity }),
    ...(verdict === undefined ? {} : { verdict }),
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    approvals: pendingOf(journal, row.id),
    ...incidentOf(journal, row.id),
    mine,
  };
}

function incidentOf({ incidents }: Journal, transaction: string) {
  const attempt = incidents.ofTransaction(transaction);
  return attempt === undefined ? {} : { incident: attempt.incident };
}

function pendingOf({ approvals }: Journal, transaction: string) {
  return approvals.list({ transaction, states: ['WAITING', 'APPROVED'], limit: 20 }).rows;
}

function stepView(step: StepRow): StepView {
  return {
    seq: step.seq,
    command: step.command,
    tool: step.tool,
    verb: step.verb,
    object: refOfStep(step),
    class: step.class,
    state: step.state,
    ...(step.deferred ? { deferred: step.deferred } : {}),
    kubectl: step.kubectl,
    ...(step.error === null ? {} : { error: step.error }),
    residual: step.residual,
    conflicts: step.conflicts,
  };
}
