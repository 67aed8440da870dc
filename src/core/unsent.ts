import type { ErrorCode } from './errors.ts';

/** `reason` of the outcome of a write of which not a byte left this process. Its status is 0. */
export const NOT_SENT = 'NotSent';
/** The same, because the writer had no leave to send. */
export const LEASE_LOST = 'LeaseLost';

/** The error of a write that was not sent. */
export function codeOfUnsent({ reason }: { readonly reason: string }): ErrorCode {
  return reason === LEASE_LOST ? 'lease_lost' : 'cluster_unreachable';
}
