import { canonicalJson } from '../core/canonical.ts';
import { StratusError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import { redactText } from '../core/redact.ts';
import type { ApprovalRow, Principal } from '../journal/approval-types.ts';
import type { ApprovalNeed } from './approval-types.ts';
import { identify } from './cluster-identity.ts';
import type { EngineParts } from './parts.ts';
import { planBytes } from './plan-of-approval.ts';
import type { Caller } from './types.ts';

/** Digits of the digest that answers show; the command line takes the whole or a beginning of at least these. */
export const SHORT_DIGEST = 12;

/**
 * Returns when a person approved exactly this need for exactly this caller, and uses that approval up; else journals
 * the question (once, however often the call is repeated) and throws. Nobody passes an approval's id in arguments: the
 * caller repeats the same call, which comes to the same digest.
 *
 * Call it in the writer's turn, after everything that could refuse the call (bounds, scope, dry run) and before the
 * first INTENT: the row USED is on the disk when this returns, so that a crash in between costs the approval and never
 * doubles it. Don't catch what it throws: the engine's outermost turn asks the human through the client where that is
 * allowed ({@link askingHuman}) and runs the turn once more.
 *
 * How to use it for
 * - a policy's `ask`: `needOfWrites('ask', …)` in ask.ts makes the need of compiled writes; `runStep` does it.
 * - an irreversible write: `needOfWrites('irreversible', …, { facts: { deferred: true }, notes: ['What is lost: …'] })`:
 *   the class of each write is in the digest, so an approval for a reversible plan never covers one that became
 *   irreversible. Where a write is irreversible and asked for by the policy too, one need of kind `irreversible` covers
 *   both: `asks()` in ask.ts says which writes need one.
 * - a conflict's resolution: kind `conflict`, `facts` with transaction, step, the resolution (`force`, `keep theirs`)
 *   and for each path the real values `before`, `ours`, `now` and its owner (so that yet another edit needs a new
 *   approval), `subject` with transaction and object, `notes` with the same redacted (redact-note.ts).
 *
 * @throws StratusError approval_required with the approval's id, the digest's beginning and what the human runs;
 *   approval_refused while a refusal of this very plan is fresh
 */
export async function requireApproval(
  parts: EngineParts,
  need: ApprovalNeed,
  caller: Caller,
): Promise<void> {
  const bound = await bind(parts, need);
  const approved = approvedOf(parts, bound, caller);
  const { call } = caller;
  const { transaction } = need;
  const by = { call, ...(transaction === undefined ? {} : { transaction }) };
  if (parts.journal.approvals.use(approved.id, by)) return;
  // Another process was faster, or its time has just ended: this needs an approval of its own.
  throw required(parts, need, request(parts, bound, caller));
}

/**
 * The same without using it up: for a call that opens a transaction only when its write may run.
 * @throws StratusError as {@link requireApproval} does
 */
export async function requireApproved(
  parts: EngineParts,
  need: ApprovalNeed,
  caller: Caller,
): Promise<void> {
  approvedOf(parts, await bind(parts, need), caller);
}

/** Whose approval it has to be. A caller of the CLI or a test that names no principal is told apart by its whole name. */
export function principalOf(caller: Caller): Principal {
  return caller.principal ?? { client: caller.actor, user: '' };
}

/** A need with the digest of exactly what was asked, where, under which policy. */
interface Bound {
  readonly need: ApprovalNeed;
  readonly digest: string;
  /** For people. */
  readonly cluster: string;
}

async function bind(parts: EngineParts, need: ApprovalNeed): Promise<Bound> {
  const { kind, tool, rule, facts } = need;
  const { key, name } = await identify(parts.reader);
  const whole: Json = {
    ...{ version: 1, kind, tool, rule, facts },
    ...{ cluster: key, policy: parts.policy.digest },
  };
  return { need, digest: parts.journal.approvals.digestOf(canonicalJson(whole)), cluster: name };
}

function approvedOf(parts: EngineParts, bound: Bound, caller: Caller): ApprovalRow {
  const found = parts.journal.approvals.find(bound.digest, principalOf(caller));
  if (found?.state === 'APPROVED') return found;
  if (found?.state === 'REFUSED' && (found.useBy ?? 0) > parts.clock.now()) throw refused(found);
  throw required(parts, bound.need, request(parts, bound, caller));
}

/** Journals the question, or finds it waiting already. */
function request(parts: EngineParts, bound: Bound, caller: Caller): ApprovalRow {
  const { approvals } = parts.journal;
  const { digest, need, cluster } = bound;
  const { kind, tool, rule, summary, why, changes, notes = [], transaction } = need;
  const { redaction, approvals: settings } = parts.policy;
  return approvals.request(
    {
      digest,
      subject: approvals.digestOf(canonicalJson({ kind, tool, subject: need.subject })),
      ...principalOf(caller),
      actor: caller.actor,
      call: caller.call,
      ...{ tool, kind, rule, summary: redactText(summary, redaction) },
      reason: caller.reason === undefined ? null : redactText(caller.reason, redaction),
      transaction: transaction ?? null,
      decideMs: settings.decideMinutes * 60_000,
      useMs: settings.useMinutes * 60_000,
    },
    planBytes({ why, cluster, changes, notes }),
  );
}

/** A transaction has ended: nobody need decide any more about what it asked. Never throws. */
export function cancelQuestions({ journal, log }: EngineParts, transaction: string): void {
  try {
    journal.approvals.cancel(transaction, `${transaction} has ended`);
  } catch (error) {
    // They expire by themselves.
    log.warn({ err: error, transaction }, 'questions not cancelled');
  }
}

function required(parts: EngineParts, need: ApprovalNeed, row: ApprovalRow): StratusError {
  const { path } = parts.journal;
  const journal = /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  const until = clockTime(row.decideBy);
  const deadline =
    need.deadlineAt === undefined
      ? ''
      : ` ${need.transaction} does not wait: it is taken back at ${clockTime(need.deadlineAt)}.`;
  return new StratusError(
    'approval_required',
    `${need.why} Asked as ${row.id}, digest ${row.digest.slice(0, SHORT_DIGEST)}.`,
    {
      rule: need.rule,
      next: `A person decides until ${until} with: stratus-mcp approvals approve ${row.id} --journal ${journal}. Then repeat this very call.${deadline}`,
      details: { approval: row.id, digest: row.digest.slice(0, SHORT_DIGEST) },
    },
  );
}

function refused({ id, rule, decidedBy, note, useBy }: ApprovalRow): StratusError {
  const words = note === null ? '.' : `: ${note}`;
  return new StratusError('approval_refused', `${decidedBy} refused ${id}${words}`, {
    rule,
    next: `Choose another change, or talk to the person. The same call may ask again after ${clockTime(useBy ?? 0)}.`,
    details: { approval: id },
  });
}

/** `12:05:00Z`: today's, as nothing here is further away than hours. */
function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}
