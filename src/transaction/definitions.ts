import type { StratusError } from '../core/errors.ts';
import { groupOf } from '../core/kube.ts';
import type { StepRow } from '../journal/types.ts';
import type { EngineParts } from './parts.ts';

const DEFINITION = 'CustomResourceDefinition';

/** Asks discovery again where steps changed what is served: a kind remembered from before is answered with a bare 404. */
export async function learnKinds(
  { reader }: EngineParts,
  steps: readonly StepRow[],
): Promise<void> {
  if (steps.some(({ kind }) => kind === DEFINITION)) await reader.resources({ fresh: true });
}

/** True for an object of a kind that is not served, whose definition this transaction has changed. */
export function isOfDefinition(
  { plural, apiVersion }: StepRow,
  error: StratusError,
  steps: readonly StepRow[],
): boolean {
  const definition = `${plural}.${groupOf(apiVersion)}`;
  return (
    error.code === 'unknown_resource' &&
    steps.some(({ kind, name }) => kind === DEFINITION && name === definition)
  );
}
