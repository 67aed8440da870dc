import { TransactionState } from './types.ts';

const OPEN: readonly TransactionState[] = [
  TransactionState.OPEN,
  TransactionState.SETTLING,
  TransactionState.COMMIT_DECIDED,
  TransactionState.FINALIZING,
  TransactionState.ABORTING,
  TransactionState.UNDOING,
];

const TERMINAL: readonly TransactionState[] = [
  TransactionState.COMMITTED,
  TransactionState.ABORTED,
  TransactionState.UNDONE,
];

/** States in which a writer still has work to do; found at a start, they mean a dead writer. */
export const OPEN_STATES = OPEN;

/** Finished well: nothing is left to do. */
export const TERMINAL_STATES = TERMINAL;

/** A writer still has work to do. */
export function isOpen(state: TransactionState): boolean {
  return OPEN.includes(state);
}

/** Finished, and nothing is left to do. ABORT_INCOMPLETE and UNDO_INCOMPLETE are neither open nor terminal. */
export function isTerminal(state: TransactionState): boolean {
  return TERMINAL.includes(state);
}

/** No machine goes on with it: a person has to. */
export function needsHuman(state: TransactionState): boolean {
  return !isOpen(state) && !isTerminal(state);
}
