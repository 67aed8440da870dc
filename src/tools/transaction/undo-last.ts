import { z } from 'zod';
import { defineControlTool } from '../types.ts';
import { reasonArgument, transactionArgument } from './arguments.ts';
import { afterUndo, budgetPayload, undoPayload } from './payload.ts';

export const undoLast = defineControlTool({
  name: 'undo_last',
  title: 'Undo the last command',
  effect: 'undo',
  description:
    'Use to take back only the last command of an open transaction and keep the rest. The command taken back still counts against the budget.',
  input: z.strictObject({ transaction: transactionArgument, reason: reasonArgument }),
  output: z.looseObject({ summary: z.string(), transaction: z.string(), next: z.string() }),
  run: async (args, context) => {
    const { transaction, undo } = await context.engine.undoLast(args.transaction, context.caller);
    return {
      summary: `${transaction.id}: ${undo.summary}`,
      transaction: transaction.id,
      state: transaction.state,
      undo: undoPayload(undo),
      ...(transaction.budget === undefined ? {} : { budget: budgetPayload(transaction.budget) }),
      next: afterUndo(transaction, undo),
    };
  },
});
