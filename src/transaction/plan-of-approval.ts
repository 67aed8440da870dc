import { StratusError } from '../core/errors.ts';
import type { ApprovalStore } from '../journal/approval-types.ts';
import type { ShownChange } from './approval-types.ts';

/** The plan of an approval as a person is shown it. Redacted when it was made. */
export interface ShownPlan {
  readonly why: string;
  /** Context, address and uid of the cluster. */
  readonly cluster: string;
  readonly changes: readonly ShownChange[];
  readonly notes: readonly string[];
}

export function planBytes(plan: ShownPlan): Buffer {
  return Buffer.from(JSON.stringify(plan));
}

/** @throws StratusError invalid_arguments when there is none; journal_unavailable when it can't be unsealed */
export function openedPlan(journal: { approvals: ApprovalStore }, id: string): ShownPlan {
  const bytes = journal.approvals.plan(id);
  if (bytes === undefined) {
    throw new StratusError('invalid_arguments', `There is no ${id}.`, {
      next: 'stratus-mcp approvals list shows them.',
    });
  }
  return JSON.parse(bytes.toString()) as ShownPlan;
}
