import type { ClusterWriter, WriteOutcome } from '../cluster/types.ts';
import { LEASE_LOST } from '../core/unsent.ts';
import type { WriterLease } from './lease-types.ts';

/**
 * A writer that sends only while the Lease is held, and ends a request that outlives it. Everything in the transaction
 * layer writes through this one, so that no write can be made without leave. Dry runs store nothing and need none.
 *
 * The last look at the clock comes when the connected socket is about to be written to. A process that is stopped
 * between that and the write itself can't be helped from here: what it sends when it goes on meets the
 * preconditions it carries, and the fence that whoever takes over puts on every write that the journal knows as intended.
 */
export function leasedWriter(writer: ClusterWriter, lease: WriterLease): ClusterWriter {
  return {
    dryRun: (request, options) => writer.dryRun(request, options),
    send: async (request, options) => {
      const permit = await lease.permit();
      if (permit.kind === 'refused') return notSent(permit.why);
      const { signal } = options;
      const signals =
        signal === undefined ? permit.signal : AbortSignal.any([signal, permit.signal]);
      try {
        return await writer.send(request, { ...options, signal: signals, mayLeave: permit.holds });
      } finally {
        permit.done();
      }
    },
  };
}

function notSent(message: string): WriteOutcome {
  return { kind: 'rejected', status: 0, reason: LEASE_LOST, message, causes: [] };
}
