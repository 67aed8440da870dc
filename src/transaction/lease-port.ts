import type {
  CallOptions,
  ClusterReader,
  ClusterWriter,
  ObjectKey,
  WriteOutcome,
  WriteRequest,
} from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import type { LeaseName } from '../core/settings.ts';
import { leaseForbidden, leaseNamespaceMissing } from './lease-errors.ts';
import { type LeaseChange, type LeaseRecord, leaseBody, recordOf } from './lease-record.ts';
import { resolveFresh } from './live.ts';

export const LEASE_MANAGER = 'stratus-lease';

/** Why the Lease is written, for the API server's audit log. */
export type LeaseAct = 'make' | 'acquire' | 'renew' | 'mark' | 'release' | 'break';

/** `moved`: it isn't the version any more that was read, or it is gone. `unclear`: the answer was lost. */
export type LeaseWrite =
  | { readonly kind: 'written'; readonly record: LeaseRecord }
  | { readonly kind: 'moved' }
  | { readonly kind: 'unclear'; readonly error: StratusError };

/** Reads and writes one Lease. */
export interface LeasePort {
  /** Undefined where there is none. @throws StratusError */
  read(options?: CallOptions): Promise<LeaseRecord | undefined>;
  /** Conditioned on the version of `record`; a create where there is none. @throws StratusError for a refusal */
  write(
    act: LeaseAct,
    record: LeaseRecord | undefined,
    change: LeaseChange,
    timeoutMs: number,
  ): Promise<LeaseWrite>;
}

export function leasePort(
  { namespace, name }: LeaseName,
  parts: { reader: ClusterReader; writer: ClusterWriter; newId: () => string },
): LeasePort {
  const label = `${namespace}/${name}`;
  const keyOf = async (): Promise<ObjectKey> => {
    const resource = await resolveFresh(parts.reader, (all) =>
      all.resolveKind('coordination.k8s.io/v1', 'Lease'),
    );
    return { resource, namespace, name };
  };
  const explained = (outcome: Extract<WriteOutcome, { kind: 'rejected' }>, creating: boolean) => {
    const { status, message, reason } = outcome;
    if (status === 0) return new StratusError('cluster_unreachable', message);
    if (status === 401) return new StratusError('unauthenticated', message);
    if (status === 403) return leaseForbidden(label, message);
    if (status === 404 && creating) return leaseNamespaceMissing(label, namespace);
    const said = `The Lease ${label} can't be written: ${status} ${reason}: ${message}`;
    return new StratusError('cluster_error', said);
  };

  return {
    read: async (options) => {
      try {
        const live = await parts.reader.get(await keyOf(), options);
        return live && recordOf(live);
      } catch (error) {
        if (error instanceof StratusError && error.code === 'forbidden') {
          throw leaseForbidden(label, error.message);
        }
        throw error;
      }
    },
    write: async (act, record, change, timeoutMs) => {
      const key = await keyOf();
      const body = leaseBody({ namespace, name }, record, change);
      const request: WriteRequest =
        record === undefined
          ? { verb: 'create', key, body }
          : { verb: 'replace', key: record.live.key, body };
      const outcome = await parts.writer.send(request, {
        auditId: `${parts.newId()}-lease-${act}-e${change.epoch}`,
        fieldManager: LEASE_MANAGER,
        purpose: `lease.${act}`,
        timeoutMs,
      });
      if (outcome.kind === 'applied' && outcome.object !== undefined) {
        return { kind: 'written', record: recordOf(outcome.object) };
      }
      if (outcome.kind === 'rejected') {
        const creating = record === undefined;
        if (outcome.status === 409 || (outcome.status === 404 && !creating)) {
          return { kind: 'moved' };
        }
        throw explained(outcome, creating);
      }
      const said = outcome.kind === 'ambiguous' ? outcome.message : 'The answer had no object.';
      return { kind: 'unclear', error: new StratusError('cluster_unreachable', said) };
    },
  };
}
