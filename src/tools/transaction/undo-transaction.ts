import { z } from 'zod';
import { requireUndo } from '../../agents/enforce.ts';
import { defineControlTool } from '../types.ts';
import {
  conflictsArgument,
  reasonArgument,
  resolveRequest,
  transactionArgument,
} from './arguments.ts';
import { takenBackPayload } from './payload.ts';

export const undoTransaction = defineControlTool({
  name: 'undo_transaction',
  title: 'Undo a committed transaction',
  effect: 'undo',
  description:
    'Use to take back a whole transaction that was committed. What others changed since is kept; where they changed the same fields, nothing is taken back and the answer says what stands in the way.',
  input: z.strictObject({
    transaction: transactionArgument,
    conflicts: conflictsArgument,
    reason: reasonArgument,
  }),
  output: z.looseObject({ summary: z.string(), transaction: z.string(), next: z.string() }),
  run: async (args, context) => {
    requireUndo(context.policy, context.incidents, args.transaction);
    const { transaction, undo } = await context.engine.undoCommitted(
      args.transaction,
      context.caller,
      resolveRequest(args.conflicts),
    );
    return takenBackPayload(transaction, undo);
  },
});
