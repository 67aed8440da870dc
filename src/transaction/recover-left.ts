import { toStratusError } from '../core/errors.ts';
import { UNFINISHED } from './left-open.ts';
import { type RecoveryReport, recoverAll } from './recover.ts';
import type { Seat } from './seat.ts';

const NOTHING: RecoveryReport = { recovered: [], needsHuman: [], busy: false };

/**
 * Takes back what a dead process left, if there is anything and nobody living owns it; and takes its name off the Lease.
 * @throws StratusError writer_busy while somebody else has the Lease, which is to be tried again
 */
export async function recoverLeft(seat: Seat): Promise<RecoveryReport> {
  const { journal, lease } = seat.parts;
  if (seat.session !== undefined) return NOTHING;
  const found = journal.transactions.list({ states: UNFINISHED, limit: 1 }).total > 0;
  try {
    if (!found && !(lease.shared && lease.untidy((await seat.identity()).key))) return NOTHING;
    const epoch = await seat.tryOccupy();
    // A live sibling owns what is open; it is left alone.
    if (epoch === undefined) return { ...NOTHING, busy: true };
    try {
      const { signal } = seat.leaving;
      return await recoverAll(seat.parts, seat.shapes, epoch, await seat.identity(), signal);
    } finally {
      await seat.vacate();
    }
  } catch (error) {
    // Somebody else has the Lease by now: there is nothing left of us to tidy up on it.
    if (!found && toStratusError(error).code === 'writer_busy') return NOTHING;
    throw error;
  }
}

const RETRY_MS = 5_000;
const waiting = new WeakSet<Seat>();

/** What was begun and could not be ended, because the cluster didn't answer or the Lease was lost, goes on by itself. */
export function finishLater(seat: Seat): void {
  if (seat.closing || waiting.has(seat)) return;
  waiting.add(seat);
  const timer = setTimeout(() => {
    waiting.delete(seat);
    if (seat.closing) return;
    const work = seat.serial.run(() => recoverLeft(seat));
    work.catch((error: unknown) => {
      seat.parts.log.warn({ error: toStratusError(error).message }, 'still not finished');
      finishLater(seat);
    });
  }, RETRY_MS);
  timer.unref();
}
