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
