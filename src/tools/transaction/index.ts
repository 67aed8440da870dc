import type { Tool } from '../types.ts';
import { transactionAbort } from './abort.ts';
import { transactionBegin } from './begin.ts';
import { transactionCommit } from './commit.ts';
import { transactionStatus } from './status.ts';
import { undoLast } from './undo-last.ts';
import { undoTransaction } from './undo-transaction.ts';

export const transactionTools: readonly Tool[] = [
  transactionBegin,
  transactionCommit,
  transactionAbort,
  transactionStatus,
  undoLast,
  undoTransaction,
];
