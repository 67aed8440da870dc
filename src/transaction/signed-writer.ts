import type { ClusterWriter, SendOptions, WriteOutcome } from '../cluster/types.ts';
import { COMMAND_MANAGER, managersOf, UNDO_MANAGER } from '../core/managers.ts';

/** Tells the cluster epoch that this process holds at the moment: `spec.leaseTransitions` of its Lease. */
export interface EpochSource {
  /** undefined while the Lease isn't held. */
  readonly epoch: number | undefined;
}

/**
 * A writer that signs each request with the epoch held while it is sent. The admission policy of deploy/fence.yaml
 * refuses any other epoch's, which stops a process that slept through a takeover. Without an epoch nothing is sent;
 * a dry run stores nothing, so the policy lets it pass under the plain names, and plans need no Lease.
 */
export function signedWriter(writer: ClusterWriter, source: EpochSource): ClusterWriter {
  const signed = (options: SendOptions): SendOptions | undefined => {
    const { epoch } = source;
    if (epoch === undefined) return undefined;
    const { command, undo } = managersOf(epoch);
    const names: Readonly<Record<string, string>> = {
      [COMMAND_MANAGER]: command,
      [UNDO_MANAGER]: undo,
    };
    return { ...options, fieldManager: names[options.fieldManager] ?? options.fieldManager };
  };
  return {
    dryRun: (request, options) => writer.dryRun(request, signed(options) ?? options),
    send: async (request, options) => {
      const own = signed(options);
      return own === undefined ? NOT_HELD : await writer.send(request, own);
    },
  };
}

const NOT_HELD: WriteOutcome = {
  kind: 'rejected',
  status: 0,
  reason: 'NotSent',
  message:
    'The write was not sent: this process does not hold the Lease, so it has no epoch to sign with.',
  causes: [],
};
