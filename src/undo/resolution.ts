import type { Json } from '../core/json.ts';

/** What to do about fields that we changed and somebody else changed again. */
export type ResolveHow = 'force' | 'keep_theirs';

/** A person's decision about the conflicts of one object. */
export interface Resolution {
  /** `force`: what was before us is written over theirs. `keep_theirs`: theirs stays, the rest of ours is taken back. */
  readonly how: ResolveHow;
  /** True for a conflict that the person saw: one that came up since is not decided by it. */
  covers(conflict: Json): boolean;
}

/** What tells two conflicts apart: where it is and what is there now, not since when. */
export function conflictFacts(conflict: Json): Json {
  if (typeof conflict !== 'object' || conflict === null || Array.isArray(conflict)) return conflict;
  const { owner: _owner, ...facts } = conflict as { [key: string]: Json };
  return facts;
}
