import { at, type Json, stringOf } from './json.ts';

/** Ends the note of a conflict about an address that another object has by now. */
export const HAS_IT = 'has it now';

/** True for the API server's refusal of a port or cluster address that is in use. */
export function isAllocated(message: string): boolean {
  return /already allocated/.test(message);
}

/** Who has what a restore needs, from its conflict as journaled; undefined where it is another kind of conflict. */
export function takenBy(conflict: Json): string | undefined {
  if (typeof conflict === 'string') return isAllocated(conflict) ? conflict : undefined;
  const note = stringOf(at(conflict, 'note')) ?? '';
  return note.endsWith(HAS_IT) ? `${stringOf(at(conflict, 'path'))}: ${note}` : undefined;
}
