import { z } from 'zod';

/** What one write did, or would do, to one object. */
const change = z.looseObject({
  object: z.string(),
  summary: z.string(),
  diff: z.string().optional(),
  kubectl: z.string(),
  undo: z.string().optional(),
});

/** The answer of every changing tool. */
export const mitigateOutput = z.looseObject({
  summary: z.string(),
  status: z.enum(['planned', 'applied', 'committed', 'undone', 'settling', 'no_change']),
  transaction: z.string().optional(),
  changes: z.array(change).optional(),
  next: z.string().optional(),
});

export type MitigateOutput = z.output<typeof mitigateOutput>;
