import { z } from 'zod';

/** The answer of every changing tool. */
export const mitigateOutput = z.looseObject({
  summary: z.string(),
  status: z.enum(['planned', 'applied', 'committed', 'undone', 'settling', 'no_change']),
  transaction: z.string().optional(),
  /** Object, summary, diff, kubectl command, class and way back of each write. */
  changes: z.array(z.looseObject({})).optional(),
  next: z.string().optional(),
});

export type MitigateOutput = z.output<typeof mitigateOutput>;
