import { openCreateTable } from './create-table.ts';
import { openResolutionTable } from './resolution-table.ts';
import type { Room } from './room.ts';
import { openSampleTable } from './sample-table.ts';
import { openStepTable } from './step-table.ts';
import { openTransactionTable } from './transaction-table.ts';
import type { TransactionStore } from './types.ts';

/**
 * Transactions, their steps and samples. Each change of state appends its row to the audit chain
 * in the same SQLite transaction: neither can be there without the other.
 */
export function openTransactionStore(room: Room): TransactionStore {
  return {
    ...openTransactionTable(room),
    ...openStepTable(room),
    ...openSampleTable(room),
    ...openResolutionTable(room),
    ...openCreateTable(room),
  };
}
