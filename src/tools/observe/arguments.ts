import { z } from 'zod';

// The words that several tools share, so that they mean the same everywhere.

export const kindArgument = z
  .string()
  .min(1)
  .max(200)
  .describe(
    'Kind, plural, short name or plural.group, e.g. Deployment, po, ingresses.networking.k8s.io.',
  );

export const nameArgument = z.string().min(1).max(253).describe('Name of the object.');

export const namespaceArgument = z
  .string()
  .min(1)
  .max(63)
  .optional()
  .describe("Namespace. Default: the kubeconfig context's namespace.");

export const allNamespacesArgument = z
  .boolean()
  .default(false)
  .describe('Look in all namespaces; leave namespace out then.');

export const labelSelectorArgument = z
  .string()
  .max(1_000)
  .optional()
  .describe('Label selector as kubectl -l takes it, e.g. app=web,tier!=cache.');

export const cursorArgument = z
  .string()
  .max(8_000)
  .optional()
  .describe('cursor of the answer before, with the same other arguments: gives the next page.');

/** How many items a page holds. */
export function limitArgument(preset: number, max: number) {
  return z.int().min(1).max(max).default(preset).describe('Items a page.');
}

/** What every answer begins with, and how lists end. */
export const answerShape = {
  summary: z.string().describe('What was found, in a sentence or two.'),
  next: z.string().optional().describe('What to call next.'),
};

export const pagedShape = {
  truncated: z.boolean().optional().describe('True when there is more than what is shown.'),
  remaining: z.int().optional().describe('Items that are not shown, as far as it is known.'),
  cursor: z.string().optional().describe('Give it back as cursor for the next page.'),
};

export const noteShape = {
  notes: z.array(z.string()).optional().describe('What could not be seen, or was assumed.'),
  note: z.string().optional(),
};
