import type { LiveObject, WriteOutcome } from '../cluster/types.ts';
import { redactText } from '../core/redact.ts';
import { refusal } from './answers.ts';
import type { CompiledWrite } from './compile.ts';
import { budgetNeverAllowed, type RefusingBudget, refusingBudget } from './disruption.ts';
import { AmbiguousWrite, journalIntent, move, send, type WriteContext } from './guarded-write.ts';
import { requestOf } from './request.ts';
import { newerBase, pauseAfterStale, STALE_ATTEMPTS } from './stale.ts';

const POLL_MS = 2_000;
/** Answers that may mean that the pod is gone already. */
const MAYBE_GONE: readonly number[] = [404, 409, 422];

export interface Evictions {
  /** Pods that this command has evicted so far. */
  readonly evicted: number;
  /** Monotonic ms when the command began to write. */
  readonly startedAt: number;
}

/**
 * Evicts one pod, as often as its PodDisruptionBudget wants to be asked: pods evicted before need time to become
 * ready elsewhere. Each attempt is a step of its own in the journal. A pod that is gone meanwhile is as good as
 * evicted: taking it back means the same for both.
 * @throws StratusError when the API server refuses, or the budget still does when the time is over
 * @throws AmbiguousWrite
 */
export async function evict(
  context: WriteContext,
  first: CompiledWrite,
  progress: Evictions,
): Promise<void> {
  const { parts } = context;
  let compiled = first;
  let moved = 0;
  for (let attempt = 1; ; attempt++) {
    context.signal?.throwIfAborted();
    const seq = journalIntent(context, compiled, attempt);
    const outcome = await send(context, compiled, seq);
    if (outcome.kind === 'applied') return landed(context, seq);
    const error = redactText(outcome.message, parts.policy.redaction);
    if (outcome.kind === 'ambiguous') {
      move(context, seq, ['INTENT'], 'UNKNOWN', { error, httpStatus: outcome.status ?? null });
      throw new AmbiguousWrite(error);
    }
    if (
      MAYBE_GONE.includes(outcome.status) &&
      (await stillThere(context, compiled)) === undefined
    ) {
      return landed(context, seq, ['It was gone before its eviction.']);
    }
    move(context, seq, ['INTENT'], 'REJECTED', { error, httpStatus: outcome.status });
    const budget = refusingBudget(compiled.key, outcome);
    if (budget !== undefined) await pause(context, compiled, budget, outcome, progress);
    else if (outcome.status !== 409 || ++moved === STALE_ATTEMPTS) {
      const { redaction } = parts.policy;
      throw refusal(compiled.key, outcome, 'cluster_error', 'The eviction', redaction);
    } else await pauseAfterStale(parts.clock, moved, context.signal);
    const live = await stillThere(context, compiled);
    if (live === undefined) return;
    compiled = await again(context, compiled);
  }
}

function landed(context: WriteContext, seq: number, residual: string[] = []): void {
  move(context, seq, ['INTENT'], 'APPLIED', { residual });
  move(context, seq, ['APPLIED'], 'VERIFIED', { rehearsal: 'before' });
}

/** The very pod that was planned for, unless it is gone or going. */
async function stillThere(
  { parts }: WriteContext,
  { key, base }: CompiledWrite,
): Promise<LiveObject | undefined> {
  const live = await parts.reader.get(key);
  const going = live?.object.metadata.deletionTimestamp !== undefined;
  return live === undefined || live.uid !== base?.uid || going ? undefined : live;
}

/** The same eviction on the pod as it is now, which still has to be the one that was decided about. */
async function again(context: WriteContext, stale: CompiledWrite): Promise<CompiledWrite> {
  const { parts, shapes } = context;
  const { key, write } = stale;
  const base = await newerBase(parts, shapes, key, stale.base, context.signal);
  const intentId = parts.newId();
  return { ...stale, base, intentId, request: requestOf(write, key, base, intentId) };
}

/** Waits before the budget is asked again. @throws StratusError once there is no time left for it */
async function pause(
  { parts, session, signal }: WriteContext,
  { key, write }: CompiledWrite,
  budget: RefusingBudget,
  outcome: Extract<WriteOutcome, { kind: 'rejected' }>,
  { startedAt, evicted }: Evictions,
): Promise<void> {
  const { clock } = parts;
  const patience = write.verb === 'evict' ? write.patienceSeconds : 0;
  const spent = clock.monotonic() - startedAt;
  const left = Math.min(patience * 1_000 - spent, session.deadlineAt - clock.now());
  const wait = Math.max(POLL_MS, (outcome.retryAfterSeconds ?? 0) * 1_000);
  if (wait > left) {
    throw budgetNeverAllowed(key, budget, { seconds: Math.round(spent / 1_000), evicted });
  }
  const leaving = session.leaving.signal;
  await clock.sleep(wait, signal === undefined ? leaving : AbortSignal.any([signal, leaving]));
}
