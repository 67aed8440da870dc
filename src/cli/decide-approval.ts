import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import type { ApprovalRow } from '../journal/approval-types.ts';
import type { Actor, Journal } from '../journal/types.ts';
import { openedPlan } from '../transaction/plan-of-approval.ts';
import { approvalText } from './approvals-text.ts';

/** Who decides, and when. */
export interface Deciding {
  readonly clock: Clock;
  readonly actor: Actor;
  readonly newCall: () => string;
}

/** A person who is shown something and asked. */
export interface Asking extends Deciding {
  readonly stdout: (text: string) => unknown;
  /** Asks at the terminal; undefined where there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** Digits of the digest that a person types to approve. */
const TYPED_DIGITS = 6;

/**
 * Shows the whole plan, has the person type the beginning of its digest, and approves it.
 * @throws StratusError cancelled when that isn't its digest; invalid_arguments when it was too late
 */
export async function approveByDigest(
  io: Asking,
  journal: Journal,
  row: ApprovalRow,
  note?: string,
): Promise<ApprovalRow> {
  io.stdout(approvalText(row, openedPlan(journal, row.id), io.clock.now()));
  await requireTyped(row, io.ask);
  return decideApproval(io, journal, row, 'APPROVED', note);
}

/** Journals the decision with who made it. @throws StratusError invalid_arguments when it was too late */
export function decideApproval(
  io: Deciding,
  journal: Journal,
  { id }: ApprovalRow,
  to: 'APPROVED' | 'REFUSED',
  note: string | undefined,
): ApprovalRow {
  const call = io.newCall();
  const started = io.clock.monotonic();
  const tool = to === 'APPROVED' ? 'cli approve' : 'cli refuse';
  const words = note === undefined ? {} : { note };
  journal.audit.start({ call, actor: io.actor, tool, args: { approval: id, ...words } });
  const by = io.actor.principal;
  const landed = journal.approvals.decide(id, { to, by, with: 'command line', call, ...words });
  const durationMs = Math.round(io.clock.monotonic() - started);
  const outcome = landed ? 'ok' : 'failed';
  journal.audit.end({ call, decision: 'none', outcome, durationMs }, { synced: true });
  if (!landed) waitingApproval(journal, id);
  return approvalOf(journal, id);
}

/** @throws StratusError invalid_arguments when it doesn't wait for a person any more */
export function waitingApproval(journal: Journal, id: string): ApprovalRow {
  const row = approvalOf(journal, id);
  if (row.state === 'WAITING') return row;
  throw new StratusError('invalid_arguments', `${id} does not wait any more: it is ${row.state}.`, {
    next: `Look at it with: stratus-mcp approvals show ${id}. A repeated call asks anew.`,
  });
}

/** @throws StratusError invalid_arguments when there is none */
export function approvalOf(journal: Journal, id: string): ApprovalRow {
  const row = journal.approvals.get(id);
  if (row !== undefined) return row;
  throw new StratusError('invalid_arguments', `There is no ${id} in ${journal.path}.`, {
    next: 'stratus-mcp approvals list --all shows them.',
  });
}

async function requireTyped({ id, digest }: ApprovalRow, ask: Asking['ask']): Promise<void> {
  if (ask === undefined) {
    throw new StratusError('invalid_arguments', 'There is no terminal to ask at.', {
      next: `Read the plan with: stratus-mcp approvals show ${id}; then add --yes --digest DIGEST.`,
    });
  }
  const typed = (
    await ask(
      `To approve it, type the first ${TYPED_DIGITS} or more digits of the digest (${digest.slice(0, 12)}…): `,
    )
  ).trim();
  if (typed.length >= TYPED_DIGITS && digest.startsWith(typed)) return;
  throw new StratusError('cancelled', `${id} was not approved: that is not its digest.`, {
    next: 'It still waits. Refuse it with: stratus-mcp approvals refuse ID --note "…"',
  });
}
