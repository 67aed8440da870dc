import { z } from 'zod';

export const transactionArgument = z.string().min(1).describe('Handle such as txn-7.');
export const reasonArgument = z.string().min(1).max(500).describe('Why; kept in the audit log.');

/** The tool's word for what a person decides with `transactions resolve`. */
export const conflictsArgument = z
  .enum(['force', 'keep_theirs'])
  .optional()
  .describe(
    'For UNDO_CONFLICT, with a human’s approval. force: overwrite theirs with what was before us; keep_theirs: leave theirs, take back the rest.',
  );

export function resolveRequest(how: z.output<typeof conflictsArgument>) {
  return how === undefined ? undefined : { how, byPerson: false };
}
