import { toStratusError } from '../core/errors.ts';
import type { StepState } from '../journal/types.ts';
import type { Measurement, Verdict } from '../severity/types.ts';
import { keepTrying } from './abort.ts';
import { type Ending, runCommit } from './commit.ts';
import type { Seat } from './seat.ts';
import { rowOf, type Session } from './session.ts';
import { fromJson } from './to-json.ts';
import type { CommitOptions, CommitResult, TransactionView } from './types.ts';

/**
 * Starts the commit, or joins it, and waits as long as the caller has patience. The commit itself goes on
 * whether or not somebody waits.
 */
export async function waitForCommit(
  seat: Seat,
  transaction: string,
  options: CommitOptions,
  view: (id: string) => TransactionView,
): Promise<CommitResult> {
  const session = seat.session;
  if (session?.id !== transaction) return endedCommit(seat, view(transaction));
  if (session.abort !== undefined) {
    await session.abort;
    return endedCommit(seat, view(transaction));
  }
  // Wrapped, because a promise returned from a job would be waited for inside the queue.
  const { job } = await seat.serial.run(async () => {
    session.commit ??= startCommit(seat, session, view);
    return { job: session.commit };
  });
  const listener = (sample: Measurement, elapsedMs: number) =>
    options.onProgress?.({
      elapsedMs,
      severity: sample.severity,
      note: sample.unsettled[0] ?? 'settled so far',
    });
  session.listeners.add(listener);
  const timer = new AbortController();
  try {
    const patience = seat.parts.clock.sleep(options.waitMs, timer.signal).then(
      () => undefined,
      () => undefined,
    );
    const ended = await Promise.race([job, patience]);
    if (ended !== undefined) return ended;
    return { kind: 'settling', transaction: view(transaction), unsettled: session.lastUnsettled };
  } finally {
    timer.abort();
    session.listeners.delete(listener);
  }
}

function startCommit(
  seat: Seat,
  session: Session,
  view: (id: string) => TransactionView,
): Promise<Ending> {
  const { journal } = seat.parts;
  seat.refuseHalfDone(session.id);
  if (!journal.transactions.move(session.id, ['OPEN'], 'SETTLING', session.epoch)) {
    throw seat.stateError(session.id, 'be committed');
  }
  const job = runCommit(seat.parts, seat.shapes, session, () => view(session.id)).then(
    async (ending) => {
      await seat.leave(session);
      return { ...ending, transaction: view(session.id) };
    },
    (error: unknown) => {
      keepTrying(seat, session);
      throw toStratusError(error);
    },
  );
  // It may fail while nobody waits.
  job.catch(() => undefined);
  return job;
}

/** For people, where only the journaled state is known. */
const WORDS: Partial<Record<StepState, string>> = {
  UNDONE: 'taken back',
  UNDO_CONFLICT: 'left as it is: somebody else changed it',
  UNDO_IMPOSSIBLE: 'could not be taken back',
  REJECTED: 'was never changed',
};

/** The answer of a commit that has ended, from the journal. */
function endedCommit(seat: Seat, view: TransactionView): CommitResult {
  const row = rowOf(seat.parts.journal.transactions, view.id);
  const verdict = fromJson<Verdict>(row.verdict);
  const committed = row.state === 'COMMITTED' || row.state === 'COMMIT_INCOMPLETE';
  if (committed && verdict !== undefined) {
    return { kind: 'committed', transaction: view, verdict };
  }
  if (row.state !== 'ABORTED' && row.state !== 'ABORT_INCOMPLETE') {
    throw seat.stateError(view.id, 'be committed');
  }
  const reason = row.outcome ?? '';
  const objects = view.steps.map(({ object, state, residual, conflicts }) => ({
    object,
    state,
    how: WORDS[state] ?? state,
    residual,
    conflicts,
  }));
  const undo = { complete: row.state === 'ABORTED', objects, summary: reason };
  return {
    kind: 'undone',
    transaction: view,
    ...(verdict === undefined ? {} : { verdict }),
    reason,
    undo,
  };
}
