import { StratusError, toStratusError } from '../core/errors.ts';
import { undoWhole } from './close-undone.ts';
import type { EngineParts } from './parts.ts';
import { recoverAll } from './recover.ts';
import type { Seat } from './seat.ts';
import type { Session } from './session.ts';
import type { UndoReport } from './types.ts';

const RETRY_MS = 5_000;

/** How long the cluster may take to come back after an undo, ms. */
export function settleMs(parts: EngineParts): number {
  return parts.policy.severity.settle.timeoutSeconds * 1_000;
}

/**
 * Takes the session's transaction back as soon as the command under way has ended: a write that is made while the
 * transaction is taken back would be left behind.
 */
export function abortInTurn(
  seat: Seat,
  session: Session,
  reason: string,
  measureMs = settleMs(seat.parts),
): Promise<UndoReport> {
  return seat.serial.run(() => abortSession(seat, session, reason, measureMs));
}

/** The same for who has the turn already. Joins the abort or commit that is under way. */
export function abortSession(
  seat: Seat,
  session: Session,
  reason: string,
  measureMs = settleMs(seat.parts),
): Promise<UndoReport> {
  session.abort ??= doAbort(seat, session, reason, measureMs);
  return session.abort;
}

async function doAbort(
  seat: Seat,
  session: Session,
  reason: string,
  measureMs: number,
): Promise<UndoReport> {
  if (session.commit !== undefined) {
    session.stop.abort(new StratusError('cancelled', reason));
    const ending = await session.commit;
    if (ending.kind === 'undone') return ending.undo;
    throw seat.stateError(session.id, 'be aborted');
  }
  try {
    await seat.regain();
    const undo = await undoWhole(seat.parts, seat.shapes, {
      transaction: session.id,
      epoch: session.epoch,
      from: ['OPEN', 'SETTLING'],
      via: 'ABORTING',
      done: 'ABORTED',
      incomplete: 'ABORT_INCOMPLETE',
      reason,
      baseline: session.baseline,
      measureMs,
      signal: session.leaving.signal,
    });
    await seat.leave(session);
    return undo;
  } catch (error) {
    session.abort = undefined;
    keepTrying(seat, session);
    throw toStratusError(error);
  }
}

/** The cluster didn't answer: what is open is taken back, or finished, as soon as it does. */
export function keepTrying(seat: Seat, session: Session): void {
  if (seat.closing || seat.session !== session || session.retrying) return;
  session.retrying = true;
  const retry = async () => {
    if (seat.session !== session) return;
    await seat.regain();
    const { signal } = seat.leaving;
    await recoverAll(seat.parts, seat.shapes, session.epoch, await seat.identity(), signal);
    await seat.leave(session);
  };
  const timer = setTimeout(() => {
    session.retrying = false;
    seat.serial.run(retry).catch((error: unknown) => {
      const { message } = toStratusError(error);
      seat.parts.log.warn({ transaction: session.id, error: message }, 'still not taken back');
      keepTrying(seat, session);
    });
  }, RETRY_MS);
  timer.unref();
}

/** A3: when its time is over an open transaction is taken back, whether or not anybody calls. */
export function armDeadline(seat: Seat, session: Session): void {
  const left = session.deadlineAt - seat.parts.clock.now();
  session.deadline = setTimeout(() => {
    seat.parts.log.warn({ transaction: session.id }, 'time bound over: taking it back');
    abortInTurn(seat, session, TIME_OVER).catch(() => undefined);
  }, left);
  session.deadline.unref();
}

export const TIME_OVER = 'The time bound of the transaction was over.';
