import { z } from 'zod';

/** Arguments that every changing tool has. */
export const commonArguments = {
  reason: z.string().min(1).max(500).describe('Why; kept in the audit log.'),
  transaction: z
    .string()
    .optional()
    .describe('Handle from transaction_begin. Without it the call is a transaction of its own.'),
  dry_run: z.boolean().default(false).describe('Plan and show only; write nothing.'),
};

/** For tools that may shrink or remove what was serving. */
export const intendedReduction = z
  .boolean()
  .default(false)
  .describe('A person asked for this reduction; without it the gate undoes one.');

/** The warning of a plan that reduces what serves without saying that it is meant. */
export const REDUCTION =
  'This is a reduction: the commit takes it back unless a person asked for it and that is said, by intended_reduction here or declared_reductions of transaction_begin.';

export const namespaceArgument = z.string().min(1).describe('Namespace.');
export const optionalNamespace = z
  .string()
  .min(1)
  .optional()
  .describe('Namespace; leave out for cluster-scoped kinds.');

/** A kind the way people type it. */
export const kindArgument = z
  .string()
  .min(1)
  .describe(
    'Kind, plural or short name (deployment, deploy), plural.group, or "apps/v1 Deployment".',
  );

export const nameArgument = z.string().min(1).max(253).describe('Name of the object.');

export const workloadKind = kindArgument.default('deployment');

/** Splits `apps/v1 Deployment` into its halves; a plain word stays a word. */
export function parseKind(words: string): { resource: string; apiVersion?: string } {
  const [first = '', second, ...more] = words.trim().split(/\s+/);
  if (second === undefined || more.length > 0) return { resource: words.trim() };
  return { resource: second, apiVersion: first };
}
