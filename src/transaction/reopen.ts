import { StratusError, toStratusError } from '../core/errors.ts';
import type { TransactionRow, TransactionState } from '../journal/types.ts';
import type { Measurement } from '../severity/types.ts';
import { settleMs } from './abort.ts';
import { undoWhole } from './close-undone.ts';
import { rollForward } from './commit.ts';
import { NEEDS_HUMAN, UNFINISHED } from './left-open.ts';
import { noteTransaction } from './notes.ts';
import { previewUndo } from './preview-undo.ts';
import { finishLater } from './recover-left.ts';
import { decideConflicts, type Resolved, type ResolveRequest } from './resolve.ts';
import type { Seat } from './seat.ts';
import { rowOf } from './session.ts';
import { fromJson } from './to-json.ts';
import type { Caller, UndoReport } from './types.ts';

/** After the decision there is only forward. */
const DECIDED: readonly TransactionState[] = ['COMMIT_DECIDED', 'FINALIZING', 'COMMIT_INCOMPLETE'];

const COMPLETED =
  'Its commit was already decided, and is completed now: it is COMMITTED. Nothing was taken back.';

/** Tries again to take back what needed a human, or what a dead process left; what is decided is completed instead. */
export function takeUpAgain(
  seat: Seat,
  transaction: string,
  reason: string,
  caller: Caller,
  resolve?: ResolveRequest,
): Promise<UndoReport> {
  const row = rowOf(seat.parts.journal.transactions, transaction);
  if (!NEEDS_HUMAN.includes(row.state) && !UNFINISHED.includes(row.state)) {
    throw seat.stateError(transaction, 'be aborted');
  }
  if (DECIDED.includes(row.state)) {
    return whileLocked(seat, row, async (epoch) => {
      await rollForward(seat.parts, transaction, epoch);
      const { state } = rowOf(seat.parts.journal.transactions, transaction);
      if (state !== 'COMMITTED') throw seat.stateError(transaction, 'be aborted');
      return { complete: false, objects: [], summary: COMPLETED };
    });
  }
  return whileLocked(seat, row, async (epoch) => {
    const resolved = await decided(seat, transaction, resolve, caller);
    noteTransaction(seat.parts, transaction, 'TAKEN_UP_AGAIN', { reason }, caller);
    return await undoRow(seat, row, epoch, [row.state], reason, resolved);
  });
}

/** Takes a whole committed transaction back. */
export function undoCommitted(
  seat: Seat,
  transaction: string,
  caller: Caller,
  resolve?: ResolveRequest,
): Promise<UndoReport> {
  const row = rowOf(seat.parts.journal.transactions, transaction);
  if (row.state === 'UNDO_INCOMPLETE')
    return takeUpAgain(seat, transaction, 'Taken up again.', caller, resolve);
  const committed: readonly TransactionState[] = ['COMMITTED', 'COMMIT_INCOMPLETE'];
  if (!committed.includes(row.state)) throw seat.stateError(transaction, 'be undone as committed');
  return whileLocked(seat, row, async (epoch) => {
    notKnown(seat, transaction, epoch);
    const resolved = await decided(seat, transaction, resolve, caller);
    const blocked = await previewUndo(seat.parts, seat.shapes, transaction, resolved?.rows);
    if (blocked !== undefined) return blocked;
    noteTransaction(seat.parts, transaction, 'UNDO_COMMITTED', {}, caller);
    const reason = `Taken back on request of ${caller.actor}.`;
    return await undoRow(seat, row, epoch, committed, reason, resolved);
  });
}

async function decided(
  { parts, shapes }: Seat,
  transaction: string,
  request: ResolveRequest | undefined,
  caller: Caller,
): Promise<Resolved | undefined> {
  if (request === undefined) return undefined;
  return await decideConflicts(parts, shapes, transaction, request, caller);
}

/** A human takes the cluster as it is for the end of a transaction that could not be taken back. */
export function accept(seat: Seat, transaction: string, note: string, caller: Caller): void {
  const { journal, clock } = seat.parts;
  const row = rowOf(journal.transactions, transaction);
  // What a dead process left can be accepted as well: it may be just what can't be taken back.
  if (![...NEEDS_HUMAN, ...UNFINISHED].includes(row.state)) {
    throw seat.stateError(transaction, 'be accepted');
  }
  seat.refuseSecond();
  const epoch = seat.takeLock();
  try {
    journal.transactions.adopt(transaction, epoch);
    const to = ENDS[row.state] ?? 'ABORTED';
    if (DECIDED.includes(row.state)) notKnown(seat, transaction, epoch);
    journal.transactions.move(transaction, [row.state], to, epoch, {
      closedAt: clock.now(),
      outcome: `Accepted as it is by ${caller.actor}: ${note}`,
    });
    noteTransaction(seat.parts, transaction, 'ACCEPTED', { note, by: caller.actor }, caller);
  } finally {
    journal.lock.release();
  }
}

/** What a state ends in when a person accepts it; ABORTED where nothing was decided. */
const ENDS: Readonly<Partial<Record<TransactionState, TransactionState>>> = {
  COMMIT_DECIDED: 'COMMITTED',
  FINALIZING: 'COMMITTED',
  COMMIT_INCOMPLETE: 'COMMITTED',
  UNDOING: 'UNDONE',
  UNDO_INCOMPLETE: 'UNDONE',
};

/**
 * What waited for the commit may have been sent by the process that died. An undo has to reckon with that, and may
 * never say of it that it was not done.
 */
function notKnown({ parts }: Seat, transaction: string, epoch: number): void {
  const store = parts.journal.transactions;
  const error = 'It was accepted, or taken back, before the answer to it was known.';
  for (const { seq, state, deferred } of store.steps(transaction)) {
    if (deferred !== 'WAITING') continue;
    store.moveStep(transaction, seq, [state], state, epoch, { deferred: 'DONE', error });
  }
}

function whileLocked(
  seat: Seat,
  row: TransactionRow,
  work: (epoch: number) => Promise<UndoReport>,
): Promise<UndoReport> {
  return seat.serial.run(async () => {
    seat.refuseSecond();
    if (!(await seat.identity()).isSame(row.cluster)) {
      throw new StratusError(
        'transaction_state',
        `${row.id} was made on another cluster: ${row.cluster}.`,
        {
          next: 'Start the server with the kubeconfig context of that cluster.',
        },
      );
    }
    const epoch = await seat.occupy({ open: row.id });
    try {
      seat.parts.journal.transactions.adopt(row.id, epoch);
      return await work(epoch);
    } catch (error) {
      const { state } = rowOf(seat.parts.journal.transactions, row.id);
      if (UNFINISHED.includes(state)) finishLater(seat);
      throw toStratusError(error);
    } finally {
      await seat.vacate();
    }
  });
}

function undoRow(
  seat: Seat,
  row: TransactionRow,
  epoch: number,
  from: readonly TransactionState[],
  reason: string,
  resolved: Resolved | undefined,
): Promise<UndoReport> {
  const wasCommitted = (
    ['COMMITTED', 'COMMIT_INCOMPLETE', 'UNDO_INCOMPLETE', 'UNDOING'] as string[]
  ).includes(row.state);
  return undoWhole(seat.parts, seat.shapes, {
    transaction: row.id,
    epoch,
    from,
    via: wasCommitted ? 'UNDOING' : 'ABORTING',
    done: wasCommitted ? 'UNDONE' : 'ABORTED',
    incomplete: wasCommitted ? 'UNDO_INCOMPLETE' : 'ABORT_INCOMPLETE',
    reason,
    ...(resolved === undefined ? {} : { resolved }),
    baseline: wasCommitted ? undefined : fromJson<Measurement>(row.before),
    measureMs: settleMs(seat.parts),
    leaving: seat.leaving.signal,
  });
}
