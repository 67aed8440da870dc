import type { LeaseRecord, OpenMark } from './lease-record.ts';

export interface Claimant {
  readonly identity: string;
  readonly journal: string;
  readonly place: string;
  /** Whether it is this very journal's mark, and not that of another copy of it. */
  readonly knows: (mark: OpenMark) => boolean;
}

/** `foreign`: time alone doesn't give it away. `wait`: it runs out in so many ms unless it is renewed. */
export type Claim =
  | { readonly kind: 'take' }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'wait'; readonly ms: number };

/**
 * Whether one who holds the journal's own lock may take the Lease. Judged by how long it was seen unchanged, on the
 * own monotonic clock; the times written in it are another machine's.
 */
export function claimOf(record: LeaseRecord, me: Claimant, unchangedMs: number): Claim {
  const { open, holder, epoch } = record;
  if (open !== undefined && !(open.journal === me.journal && me.knows(open))) {
    return { kind: 'foreign' };
  }
  if (holder?.identity === me.identity) return { kind: 'take' };
  // Nobody ever held it: it may stand in for one that was deleted, whose holder goes on until its time is over.
  if (holder === undefined && epoch > 0) return { kind: 'take' };
  // The kernel gave us the lock of the very file that it held: it is dead.
  if (holder?.journal === me.journal && holder.place === me.place) return { kind: 'take' };
  const ms = record.durationMs - unchangedMs;
  return ms <= 0 ? { kind: 'take' } : { kind: 'wait', ms };
}
