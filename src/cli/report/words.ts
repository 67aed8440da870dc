import type { StepState, TransactionState } from '../../journal/types.ts';

/** How a state is coloured; the word beside it says the same. */
export type Tone = 'good' | 'bad' | 'open';

/** What the states of a transaction mean, for somebody who reads one for the first time. */
export const TRANSACTION_WORDS: Readonly<Record<TransactionState, readonly [Tone, string]>> = {
  OPEN: ['open', 'Commands may still be added.'],
  SETTLING: ['open', 'A commit was asked for; the gate waits until the touched workloads settle.'],
  COMMIT_DECIDED: ['good', 'The gate passed; the commit is being carried out.'],
  FINALIZING: ['good', 'The gate passed; marks and put-off writes are being cleaned up.'],
  COMMITTED: ['good', 'The gate passed. The changes are kept.'],
  COMMIT_INCOMPLETE: ['bad', 'Committed, but a put-off write was refused: a person has to look.'],
  ABORTING: ['open', 'Everything is being taken back.'],
  ABORTED: ['good', 'Everything was taken back, and that was verified.'],
  ABORT_INCOMPLETE: ['bad', 'Not everything could be taken back: a person has to look.'],
  UNDOING: ['open', 'A committed transaction is being taken back.'],
  UNDONE: ['good', 'Committed, later taken back, and that was verified.'],
  UNDO_INCOMPLETE: ['bad', 'Committed; not everything could be taken back: a person has to look.'],
};

/** What the states of one write mean. */
export const STEP_WORDS: Readonly<Record<StepState, readonly [Tone, string]>> = {
  INTENT: ['open', 'Journaled; the request may or may not have left.'],
  APPLIED: ['open', 'The API server accepted it.'],
  REJECTED: ['bad', 'The API server refused it: nothing changed.'],
  UNKNOWN: ['bad', 'No clear answer was seen.'],
  VERIFIED: ['good', 'Applied, and its undo was rehearsed by a dry run.'],
  UNDO_INTENT: ['open', 'Its undo was journaled and may or may not have left.'],
  UNDO_APPLIED: ['open', 'Its undo was accepted and not yet verified.'],
  UNDONE: ['good', 'Taken back; the object was read again and found as it was before.'],
  UNDO_CONFLICT: ['bad', 'Others changed the same fields since: left as it is, for a person.'],
  UNDO_IMPOSSIBLE: ['bad', 'It could not be taken back.'],
};

/** What the classes of a change promise. */
export const CLASS_WORDS = {
  exact: 'exact: the undo restores every field',
  compensating: 'compensating: the undo restores the effect, some traces stay',
  irreversible: 'irreversible: nothing can take it back',
} as const;

/** `12 commands`, `1 command`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `850 ms`, `12.3 s`, `4 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes >= 180) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`;
}
