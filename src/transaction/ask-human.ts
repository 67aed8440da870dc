import { toStratusError } from '../core/errors.ts';
import { stringOf } from '../core/json.ts';
import { plainText } from '../core/plain-text.ts';
import type { ApprovalRow } from '../journal/approval-types.ts';
import type { ShownChange } from './approval-types.ts';
import { principalOf, SHORT_DIGEST } from './approve.ts';
import type { EngineParts } from './parts.ts';
import { openedPlan } from './plan-of-approval.ts';
import type { Caller } from './types.ts';

/** A person who reads a plan takes minutes; a client that never answers must not hold a call for longer. */
const PATIENCE_MS = 5 * 60_000;
const MOST_LINES = 8;
const LONGEST_LINE = 300;

/**
 * Runs a turn of the engine; where it asks for an approval, the policy allows elicitation and the client can, asks the
 * human and runs it once more after a yes. Outside of the writer's turn: whatever the human takes, deadlines and aborts
 * go on. A no is journaled as a refusal; anything else than yes or no leaves the question to the command line.
 */
export async function askingHuman<T>(
  parts: EngineParts,
  caller: Caller,
  turn: () => Promise<T>,
): Promise<T> {
  try {
    return await turn();
  } catch (thrown) {
    const { code, details } = toStratusError(thrown);
    const id = code === 'approval_required' ? stringOf(details?.approval) : undefined;
    if (id === undefined || !(await saidYes(parts, caller, id))) throw thrown;
    return await turn();
  }
}

async function saidYes(parts: EngineParts, caller: Caller, id: string): Promise<boolean> {
  const { policy, journal, clock } = parts;
  const row = journal.approvals.get(id);
  if (caller.elicit === undefined || !policy.approvals.elicitation) return false;
  if (row?.state !== 'WAITING') return false;
  const timeoutMs = Math.min(PATIENCE_MS, row.decideBy - clock.now());
  const { signal } = caller;
  const answer = await caller
    .elicit({
      message: messageOf(parts, row),
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    })
    // An error of the way to the human is no answer of the human.
    .catch(() => 'unanswered' as const);
  if (answer === 'unanswered' || signal?.aborted) return false;
  const landed = journal.approvals.decide(id, {
    to: answer === 'yes' ? 'APPROVED' : 'REFUSED',
    by: principalOf(caller).user || caller.actor,
    with: 'elicitation',
    call: caller.call,
  });
  // After a no the second turn says so in the words of a refusal.
  return landed || journal.approvals.get(id)?.state === 'APPROVED';
}

function messageOf(parts: EngineParts, row: ApprovalRow): string {
  const { why, changes } = openedPlan(parts.journal, row.id);
  const lines = changes.slice(0, MOST_LINES).map(lineOf);
  if (changes.length > MOST_LINES) lines.push(`… and ${changes.length - MOST_LINES} more`);
  const reason = row.reason === null ? [] : [`Reason given: ${row.reason}`];
  return [
    `stratus-mcp: ${why}`,
    ...lines,
    ...reason,
    `${row.id}, digest ${row.digest.slice(0, SHORT_DIGEST)}. The whole plan: stratus-mcp approvals show ${row.id}`,
  ]
    .map((line) => oneLine(line))
    .join('\n');
}

function lineOf({ summary, class: reversibility, undo }: ShownChange): string {
  return `- ${summary} (${reversibility}${reversibility === 'irreversible' ? `: ${undo}` : ''})`;
}

// Names and reasons are others' text: they may not draw lines of their own.
function oneLine(text: string): string {
  const line = plainText(text).replaceAll(/\s+/g, ' ');
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`;
}
