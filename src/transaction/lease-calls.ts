import { toStratusError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { LeaseView } from './lease-types.ts';
import type { EngineParts } from './parts.ts';
import type { Seat } from './seat.ts';
import type { Session } from './session.ts';
import { toJson } from './to-json.ts';
import type { Caller } from './types.ts';

/** Names a transaction that has just been opened on the Lease, or closes it: it has written nothing yet. */
export async function markOpen(parts: EngineParts, session: Session): Promise<void> {
  try {
    await parts.lease.mark(session.id);
  } catch (thrown) {
    const error = toStratusError(thrown);
    const outcome = `Nothing was written: ${error.message}`;
    parts.journal.transactions.move(session.id, ['OPEN'], 'ABORTED', session.epoch, {
      closedAt: parts.clock.now(),
      outcome,
    });
    throw error;
  }
}

/** The Lease may name what was finished without it. Where it can't be tidied now, the next holder of the seat does it. */
export async function tidyLease(seat: Seat): Promise<void> {
  const { lease, log } = seat.parts;
  if (!lease.shared) return;
  try {
    if (!lease.untidy((await seat.identity()).key)) return;
    await seat.occupy();
    await seat.vacate();
  } catch (error) {
    log.warn({ error: toStratusError(error).message }, 'the Lease is tidied up later');
  }
}

/** Frees the Lease of a holder that is gone, for a person. Journaled: who, why, and what was left behind. */
export async function breakLease(seat: Seat, note: string, caller: Caller): Promise<LeaseView> {
  const { lease, journal } = seat.parts;
  const { key } = await seat.identity();
  const before = await lease.break(key, caller.signal);
  const detail: JsonObject = { note, by: caller.actor, was: toJson(before) };
  journal.audit.append({
    kind: 'recovery',
    call: caller.call,
    tool: caller.tool,
    outcome: 'LEASE_BROKEN',
    detail,
  });
  return before;
}
