import type { WriteOutcome } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { codeOfUnsent } from '../core/unsent.ts';

/**
 * Not a byte of the request left: nothing is wrong with the object, and what is left is taken up again later.
 * @throws StratusError cluster_unreachable, lease_lost
 */
export function unreached(outcome: WriteOutcome): void {
  if (outcome.kind !== 'rejected' || outcome.status !== 0) return;
  throw new StratusError(codeOfUnsent(outcome), outcome.message, { changed: 'unknown' });
}

/** For a write that never got an answer which tells whether it was done. */
export function noClearAnswer(message: string): StratusError {
  const text = `The API server gave no clear answer: ${message}`;
  return new StratusError('outcome_unknown', text, { changed: 'unknown' });
}
