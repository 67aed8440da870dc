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

// What every answer begins with, and how lists end. Undescribed, since assistants see the answers
// rather than their schemas, and each word of a schema costs them.
export const answerShape = {
  summary: z.string(),
  next: z.string().optional(),
};

export const pagedShape = {
  truncated: z.boolean().optional(),
  /** As far as the API server counts it. */
  remaining: z.number().optional(),
  cursor: z.string().optional(),
};

export const noteShape = {
  /** What could not be seen, or was assumed. */
  notes: z.array(z.string()).optional(),
  note: z.string().optional(),
};
