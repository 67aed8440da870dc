import { z } from 'zod';
import type { TransactionView } from '../../transaction/types.ts';
import { defineObserveTool } from '../types.ts';
import { transactionArgument } from './arguments.ts';
import { toDecide } from './conflicted.ts';
import { leftPayload } from './left.ts';
import {
  afterCommit,
  stop,
  stopAfterCommit,
  transactionDetail,
  transactionLine,
} from './payload.ts';

export const transactionStatus = defineObserveTool({
  name: 'transaction_status',
  title: 'Show transactions',
  effect: 'observe',
  description:
    'Use to see what is open, who has the write lock, what a transaction did and how it ended. With a handle: its steps, budget, severity and verdict. Without: transactions, newest first.',
  input: z.strictObject({
    transaction: transactionArgument.optional(),
    open: z.boolean().default(false).describe('List only those that are not finished.'),
    limit: z.int().min(1).max(50).default(10),
    offset: z.int().min(0).default(0).describe('Skip this many; see next.'),
  }),
  output: z.looseObject({ summary: z.string(), next: z.string().optional() }),
  run: async (args, context) => {
    if (args.transaction !== undefined) {
      const view = context.transactions.view(args.transaction);
      return {
        summary: sentence(view),
        ...transactionDetail(view),
        ...leftPayload(view),
        next: nextOf(view),
      };
    }
    const { transactions, total } = context.transactions.list({
      limit: args.limit,
      offset: args.offset,
      ...(args.open ? { open: true } : {}),
    });
    // Who else may be writing. An answer about the journal doesn't wait long for the cluster.
    const lease = await context.transactions.lease({ timeoutMs: 2_000 }).catch(() => undefined);
    const end = args.offset + transactions.length;
    const noun = total === 1 ? 'transaction' : 'transactions';
    const word = args.open ? `open ${noun}` : noun;
    return {
      summary:
        total === 0
          ? `There are no ${word}.`
          : `${total} ${word}; showing ${transactions.length} from ${args.offset}, newest first.`,
      transactions: transactions.map(transactionLine),
      total,
      ...(lease === undefined
        ? {}
        : { lease: lease.mine ? 'held by this server' : lease.sentence }),
      truncated: end < total,
      ...(end < total ? { next: `For more, call again with offset ${end}.` } : {}),
    };
  },
});

function sentence(view: TransactionView): string {
  const reason = /[.!?…]$/.test(view.reason) ? view.reason : `${view.reason}.`;
  return `${view.id} is ${view.state}. Its purpose: ${reason}`;
}

function nextOf(view: TransactionView): string {
  switch (view.state) {
    case 'OPEN':
      return view.mine
        ? 'Go on with mitigate_*, then transaction_commit; transaction_abort gives up.'
        : 'Another process has it. Wait until it ends.';
    case 'SETTLING':
      return view.mine
        ? 'Call transaction_commit again to go on waiting.'
        : 'Another process has it. Wait until it ends.';
    case 'COMMITTED':
      return afterCommit(view);
    case 'COMMIT_INCOMPLETE':
      return stopAfterCommit(view.id);
    case 'ABORT_INCOMPLETE':
    case 'UNDO_INCOMPLETE':
      return stop(
        view.id,
        'decide about what is left',
        toDecide(view.steps).map(({ object }) => object),
      );
    case 'ABORTED':
    case 'UNDONE':
      return 'It is finished; nothing of it is left. Look again with observe_health.';
    default:
      return 'It is being finished; ask again in some seconds.';
  }
}
