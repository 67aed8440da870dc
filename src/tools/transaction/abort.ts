import { z } from 'zod';
import { defineControlTool } from '../types.ts';
import {
  conflictsArgument,
  reasonArgument,
  resolveRequest,
  transactionArgument,
} from './arguments.ts';
import { afterCommit, takenBackPayload } from './payload.ts';

export const transactionAbort = defineControlTool({
  name: 'transaction_abort',
  title: 'Abort a transaction',
  effect: 'undo',
  description:
    'Use to give up an open transaction: takes back everything it changed, verifies that, and frees the write lock.',
  input: z.strictObject({
    transaction: transactionArgument,
    conflicts: conflictsArgument,
    reason: reasonArgument,
  }),
  output: z.looseObject({ summary: z.string(), transaction: z.string(), next: z.string() }),
  run: async (args, context) => {
    const { transaction, undo } = await context.engine.abort(
      args.transaction,
      args.reason,
      context.caller,
      resolveRequest(args.conflicts),
    );
    const payload = takenBackPayload(transaction, undo);
    // A commit that was decided already: trying again has completed it.
    return transaction.state === 'COMMITTED'
      ? { ...payload, next: afterCommit(transaction) }
      : payload;
  },
});
