import { z } from 'zod';
import { defineBatchTool } from '../types.ts';
import { commonArguments, intendedReduction } from './arguments.ts';

/** Commands of one call at most; the policy's bound on commands counts each of them as well. */
const LONGEST = 50;

export const mitigateBatch = defineBatchTool({
  name: 'mitigate_batch',
  title: 'Several changes, all or nothing',
  effect: 'mitigate',
  description:
    'Use for changes that need an order, such as labels before the selector that finds them: runs mitigate_* commands one after the other in one transaction. When one fails, those before it are taken back. Each counts as a command.',
  input: z.strictObject({
    commands: z
      .array(
        z.strictObject({
          tool: z.string().min(1).max(100).describe('A mitigate_* tool.'),
          arguments: z
            .record(z.string(), z.unknown())
            .describe('Its arguments, without reason, transaction, dry_run, intended_reduction.'),
        }),
      )
      .min(1)
      .max(LONGEST),
    intended_reduction: intendedReduction,
    ...commonArguments,
  }),
  commands: (args) => args.commands,
});
