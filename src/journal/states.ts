import { TransactionState } from './types.ts';

/**
 * Finished, and nothing is left to do. ABORT_INCOMPLETE and UNDO_INCOMPLETE are not among them: a
 * person still has to, and needs the images for it.
 */
export const TERMINAL_STATES: readonly TransactionState[] = [
  TransactionState.COMMITTED,
  TransactionState.ABORTED,
  TransactionState.UNDONE,
];

/** Ended, but a person has to look at what could not be taken back. */
export const NEEDS_HUMAN: readonly TransactionState[] = [
  TransactionState.COMMIT_INCOMPLETE,
  TransactionState.ABORT_INCOMPLETE,
  TransactionState.UNDO_INCOMPLETE,
];
