import { StratusError, toStratusError } from '../core/errors.ts';
import { describeRef } from '../core/kube.ts';
import type { StepRow } from '../journal/types.ts';
import { judge } from '../severity/gate.ts';
import type { DeclaredReduction, Measurement, SettleResult, Verdict } from '../severity/types.ts';
import { measureElsewhere } from './begin.ts';
import { undoWhole } from './close-undone.ts';
import { isUnsent } from './deferred.ts';
import { leavingUids } from './dependents.ts';
import { lookForFights } from './fights.ts';
import { finalise } from './finalise.ts';
import { noteSample, noteTransaction } from './notes.ts';
import type { EngineParts } from './parts.ts';
import { previewUndo } from './preview-undo.ts';
import { retoldRefs } from './retold.ts';
import { epochOver, type Session, touchedRefs } from './session.ts';
import type { Shapes } from './shapes.ts';
import { sweepAfter } from './sweep.ts';
import { fromJson, toJson } from './to-json.ts';
import type { CommitResult, TransactionView } from './types.ts';
import { watchFights } from './watch-fights.ts';

/** How the outcome of a transaction begins that somebody else's reconciling has ended. */
export const FOUGHT = 'Reconciler fight:';

/** What a commit ends in; `view` is read again by the caller. */
export type Ending = Exclude<CommitResult, { kind: 'settling' }>;

/**
 * Settles, measures, applies the gate: commits or takes everything back. Runs to its end even when no caller waits.
 */
export async function runCommit(
  parts: EngineParts,
  shapes: Shapes,
  session: Session,
  view: () => TransactionView,
): Promise<Ending> {
  const store = parts.journal.transactions;
  const settled = await settle(parts, shapes, session);
  noteSample(parts, session.id, 'after', settled.measurement);
  const elsewhere = await measureElsewhere(
    parts,
    session.baseline.scope,
    absentUids(parts, session),
  );
  const unread: string[] = [];
  const fights = await lookForFights(parts, shapes, session).catch((error: unknown) => {
    unread.push(`What was written could not be read again: ${toStratusError(error).message}`);
    return [];
  });
  const judged = verdictOf(parts, session, settled, elsewhere, [...fights, ...unread]);
  const seen = fights.length > 0 ? judged : await withRivals(parts, shapes, session, judged);
  const verdict = await unlessBarred(parts, session, seen);
  const decided = {
    after: toJson(settled.measurement),
    verdict: toJson(verdict),
    decidedAt: parts.clock.now(),
  };
  if (!verdict.pass) {
    store.update(session.id, session.epoch, decided);
    noteTransaction(parts, session.id, 'GATE_REFUSED', { verdict: toJson(verdict) });
    const reason = fights.length > 0 ? `${FOUGHT} ${fights.join(' ')}` : verdict.summary;
    const undo = await undoWhole(parts, shapes, {
      transaction: session.id,
      epoch: session.epoch,
      from: ['SETTLING'],
      via: 'ABORTING',
      done: 'ABORTED',
      incomplete: 'ABORT_INCOMPLETE',
      reason,
      baseline: session.baseline,
      measureMs: parts.policy.severity.settle.timeoutSeconds * 1_000,
      signal: session.leaving.signal,
    });
    return { kind: 'undone', transaction: view(), verdict, reason, undo };
  }
  if (!store.move(session.id, ['SETTLING'], 'COMMIT_DECIDED', session.epoch, decided))
    throw epochOver(session.id);
  noteTransaction(parts, session.id, 'COMMIT_DECIDED', { verdict: toJson(verdict) });
  await rollForward(parts, session.id, session.epoch);
  return { kind: 'committed', transaction: view(), verdict };
}

/** After the decision a commit only goes forward, also from a restart. */
export async function rollForward(
  parts: EngineParts,
  transaction: string,
  epoch: number,
): Promise<void> {
  const store = parts.journal.transactions;
  const from = ['COMMIT_DECIDED', 'FINALIZING', 'COMMIT_INCOMPLETE'] as const;
  if (!store.move(transaction, from, 'FINALIZING', epoch)) throw epochOver(transaction);
  const refused = await finalise(parts, transaction, epoch);
  const to = refused.length === 0 ? 'COMMITTED' : 'COMMIT_INCOMPLETE';
  const outcome =
    refused.length === 0
      ? 'Committed: severity did not rise.'
      : `Committed, but not all that waited for it could be done: ${refused.join(' ')}`;
  if (
    !store.move(transaction, ['FINALIZING'], to, epoch, {
      closedAt: parts.clock.now(),
      outcome,
    })
  ) {
    throw epochOver(transaction);
  }
  await sweepAfter(parts, transaction);
}

async function settle(parts: EngineParts, shapes: Shapes, session: Session): Promise<SettleResult> {
  const watch = watchFights(parts, shapes, session);
  const stop = AbortSignal.any([session.stop.signal, watch.signal]);
  const steps = parts.journal.transactions.steps(session.id);
  try {
    return await parts.meter.settle({
      scope: session.baseline.scope,
      touched: touchedRefs(steps),
      retold: retoldRefs(steps, (seq, name) =>
        parts.journal.transactions.image(session.id, seq, name),
      ),
      settings: parts.policy.severity.settle,
      baseline: session.baseline,
      absent: absentUids(parts, session),
      signal: stop,
      onSample: (sample, elapsedMs) => {
        session.lastUnsettled = sample.unsettled;
        noteSample(parts, session.id, 'settle', sample);
        for (const listener of session.listeners) listener(sample, elapsedMs);
      },
    });
  } catch (error) {
    const reason = stop.aborted ? stopReason(stop) : toStratusError(error).message;
    return {
      kind: 'unsettled',
      measurement: unmeasured(parts, session, reason),
      reason,
      samples: 0,
      ms: 0,
    };
  } finally {
    await watch.stop();
  }
}

/**
 * Tells when somebody else has changed our fields again: what is committed is then theirs, and can't be taken
 * back from here. No reason to refuse: severity was measured with it.
 */
async function withRivals(
  parts: EngineParts,
  shapes: Shapes,
  session: Session,
  verdict: Verdict,
): Promise<Verdict> {
  const blocked = await previewUndo(parts, shapes, session.id).catch(() => undefined);
  if (blocked === undefined) return verdict;
  const names = blocked.objects.map(({ object }) => describeRef(object)).join(', ');
  const message = `Somebody else has changed what was written to ${names} since.`;
  return {
    ...verdict,
    findings: [...verdict.findings, { rule: 'G5', ok: true, message }],
    summary: `${verdict.summary} ${message}`,
  };
}

/**
 * The last look before the decision. What was measured without the Lease may be somebody else's work, and what was
 * told to stop (an abort, the time bound, a shutdown) since it settled is not committed any more.
 */
async function unlessBarred(
  { lease }: EngineParts,
  session: Session,
  verdict: Verdict,
): Promise<Verdict> {
  if (!verdict.pass) return verdict;
  const permit = await lease.permit();
  if (permit.kind === 'granted') permit.done();
  const { signal } = session.stop;
  if (permit.kind === 'granted' && !signal.aborted) return verdict;
  const message = permit.kind === 'refused' ? permit.why : stopReason(signal);
  const findings = [...verdict.findings, { rule: 'G4' as const, ok: false, message }];
  return { ...verdict, pass: false, findings, summary: message };
}

/** Objects that go after the commit with what was deleted: the gate judges the state without them. */
function absentUids(parts: EngineParts, session: Session): string[] {
  const store = parts.journal.transactions;
  return [...leavingUids(store, session.id), ...waitingUids(store.steps(session.id))];
}

/** What goes after the commit itself; a namespace was stilled, and is judged by that. */
function waitingUids(steps: readonly StepRow[]): string[] {
  return steps.flatMap((step) =>
    step.state === 'VERIFIED' && isUnsent(step) && step.uid !== null ? [step.uid] : [],
  );
}

function stopReason(signal: AbortSignal): string {
  const reason: unknown = signal.reason;
  return reason instanceof StratusError ? reason.message : 'The commit was stopped.';
}

function unmeasured(parts: EngineParts, session: Session, reason: string): Measurement {
  return {
    ...session.baseline,
    at: parts.clock.now(),
    unknowns: [{ what: 'severity', reason }],
    unsettled: [reason],
  };
}

function verdictOf(
  parts: EngineParts,
  session: Session,
  settled: SettleResult,
  elsewhere: Measurement | undefined,
  fights: readonly string[],
): Verdict {
  const row = parts.journal.transactions.get(session.id);
  const declared = (fromJson<DeclaredReduction[]>(row?.declaredReductions) ?? []).slice();
  const verdict = judge({
    before: session.baseline,
    after: settled.measurement,
    touched: touchedRefs(parts.journal.transactions.steps(session.id)),
    declared,
    outside: parts.policy.severity.outside,
    ...(fights.length > 0 ? { fights } : {}),
    ...(session.elsewhere && elsewhere
      ? { elsewhere: { before: session.elsewhere, after: elsewhere } }
      : {}),
  });
  if (settled.kind === 'stable') return verdict;
  const message = `The cluster did not settle: ${settled.reason}`;
  return {
    ...verdict,
    pass: false,
    findings: [...verdict.findings, { rule: 'G4', ok: false, message }],
    summary: verdict.pass ? message : `${verdict.summary} ${message}`,
  };
}
