import { z } from 'zod';
import { sentence } from '../../core/sentence.ts';
import type { CommitResult } from '../../transaction/types.ts';
import { DATA_NOTE } from '../render/untrusted.ts';
import { defineControlTool } from '../types.ts';
import { transactionArgument } from './arguments.ts';
import {
  afterCommit,
  afterUndo,
  ofIncident,
  severities,
  short,
  stopAfterCommit,
  undoPayload,
  verdictPayload,
} from './payload.ts';

export const transactionCommit = defineControlTool({
  name: 'transaction_commit',
  title: 'Commit a transaction',
  effect: 'transaction',
  description:
    'Use when your changes are in: waits until the touched workloads settle and stay stable, measures severity and keeps the changes only when nothing became worse. Otherwise everything is undone and verified, and the answer says what went wrong. Status "settling" means: call it again with the same handle to go on waiting.',
  input: z.strictObject({
    transaction: transactionArgument,
    wait_seconds: z
      .int()
      .min(0)
      .max(50)
      .default(45)
      .describe('Seconds to wait before answering "settling".'),
  }),
  output: z.looseObject({
    summary: z.string(),
    status: z.enum(['committed', 'undone', 'settling']),
    transaction: z.string(),
    next: z.string(),
  }),
  run: async (args, context) => {
    const waitMs = args.wait_seconds * 1000;
    const result = await context.engine.commit(args.transaction, {
      waitMs,
      onProgress: (sample) =>
        context.progress(
          `severity ${sample.severity}: ${sample.note}`,
          Math.min(sample.elapsedMs, waitMs) / 1000,
          args.wait_seconds,
        ),
    });
    return commitPayload(result);
  },
});

/** The answer to a commit, the same for transaction_commit and for one-command transactions. */
export function commitPayload(result: CommitResult) {
  const { id } = result.transaction;
  const incomplete = result.transaction.state === 'COMMIT_INCOMPLETE';
  const base = {
    transaction: id,
    ...ofIncident(result.transaction),
    ...severities(result.transaction),
    note: DATA_NOTE,
  };
  switch (result.kind) {
    case 'committed':
      return {
        summary: incomplete
          ? `${id}: ${result.transaction.outcome ?? ''}`
          : `${id} is committed. ${result.verdict.summary}`,
        status: result.kind,
        ...base,
        verdict: verdictPayload(result.verdict),
        next: incomplete
          ? stopAfterCommit(id)
          : `Check with observe_health. ${afterCommit(result.transaction)}`,
      };
    case 'undone':
      return {
        summary: `${id} was taken back, not committed: ${both(result.reason, result.undo.summary)}`,
        status: result.kind,
        ...base,
        ...(result.verdict === undefined ? {} : { verdict: verdictPayload(result.verdict) }),
        undo: undoPayload(result.undo),
        next: afterUndo(result.transaction, result.undo),
      };
    case 'settling': {
      // The gate may have said no while the caller waited: then everything is on its way back.
      const { verdict } = result.transaction;
      return {
        summary:
          verdict === undefined
            ? `${id} is still settling; nothing is decided yet.${result.unsettled.length === 0 ? ' What it touched is ready and has to stay so for a while.' : ''}`
            : `${id} is decided and being finished. ${verdict.summary}`,
        status: result.kind,
        ...base,
        ...(verdict === undefined ? short(result.unsettled, 'unsettled') : {}),
        next: `Call transaction_commit again with transaction "${id}" to go on waiting.`,
      };
    }
  }
}

/** Why and how it was taken back. What is told of a closed transaction may say both already. */
function both(reason: string, undone: string): string {
  if (reason.includes(undone)) return reason;
  return undone.includes(reason) ? undone : `${sentence(reason)} ${undone}`;
}
