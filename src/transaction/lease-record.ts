import type { LiveObject } from '../cluster/types.ts';
import {
  at,
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  parseJson,
  stringifyJson,
  stringOf,
} from '../core/json.ts';
import { LEASE_SECONDS } from './lease-types.ts';

/** Says that a transaction is not finished: the end of the Lease alone then lets nobody else write. */
export const OPEN_MARK = 'stratus.dev/open-txn';

/** Who holds a Lease, as `spec.holderIdentity` tells it. */
export interface Holder {
  readonly identity: string;
  readonly host: string;
  readonly pid?: number;
  readonly journal?: string;
  readonly place?: string;
}

export interface OpenMark {
  readonly journal: string;
  readonly host: string;
  readonly transaction: string;
  readonly epoch: number;
}

/** A Lease as it was read. */
export interface LeaseRecord {
  readonly live: LiveObject;
  readonly holder: Holder | undefined;
  readonly epoch: number;
  readonly durationMs: number;
  readonly acquired: string | undefined;
  readonly renewed: string | undefined;
  readonly open: OpenMark | undefined;
}

/** What a write to the Lease sets; everything else in it is left as it is. */
export interface LeaseChange {
  /** '' frees it. */
  readonly holder: string;
  readonly epoch: number;
  readonly seconds: number;
  /** Wall ms of the acquisition and of this renewal: for people, never judged. */
  readonly acquiredAt: number;
  readonly renewedAt: number;
  readonly open: OpenMark | undefined;
}

export function recordOf(live: LiveObject): LeaseRecord {
  const { spec, metadata } = live.object;
  const seconds = numberOf(at(spec, 'leaseDurationSeconds')) ?? 0;
  const identity = stringOf(at(spec, 'holderIdentity')) ?? '';
  return {
    live,
    holder: identity === '' ? undefined : holderOf(identity),
    epoch: numberOf(at(spec, 'leaseTransitions')) ?? 0,
    durationMs: (seconds > 0 ? seconds : LEASE_SECONDS) * 1_000,
    acquired: stringOf(at(spec, 'acquireTime')),
    renewed: stringOf(at(spec, 'renewTime')),
    open: markOf(metadata.annotations?.[OPEN_MARK]),
  };
}

/** Host, process, journal, its place, and a word of this process alone. A host name has no underscore. */
export function identityOf(facts: {
  host: string;
  pid: number;
  journal: string;
  place: string;
  nonce: string;
}): string {
  const { host, pid, journal, place, nonce } = facts;
  return [host, pid, journal, place, nonce].join('_');
}

function holderOf(identity: string): Holder {
  const [host = '', pid, journal, place, nonce] = identity.split('_');
  if (nonce === undefined || !/^\d+$/.test(pid ?? '')) return { identity, host: identity };
  return { identity, host, pid: Number(pid), ...(journal && place ? { journal, place } : {}) };
}

/** A mark that can't be read is somebody else's: nobody may take it for none. */
function markOf(text: string | undefined): OpenMark | undefined {
  if (text === undefined) return undefined;
  let mark: JsonObject = {};
  try {
    mark = objectOf(parseJson(text));
  } catch {
    // Edited by hand.
  }
  return {
    journal: stringOf(mark.journal) ?? '?',
    host: stringOf(mark.host) ?? '?',
    transaction: stringOf(mark.transaction) ?? '?',
    epoch: numberOf(mark.epoch) ?? 0,
  };
}

/** The body of the next version; of a new Lease where there is no record. */
export function leaseBody(
  name: { namespace: string; name: string },
  record: LeaseRecord | undefined,
  change: LeaseChange,
): string {
  const before = record?.live.object;
  const { [OPEN_MARK]: _, ...annotations } = { ...before?.metadata.annotations };
  const { open } = change;
  if (open !== undefined) annotations[OPEN_MARK] = stringifyJson({ ...open });
  const spec = isObject(before?.spec) ? before.spec : {};
  return stringifyJson({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...(before?.metadata ?? name), annotations },
    spec: {
      ...spec,
      holderIdentity: change.holder,
      leaseDurationSeconds: change.seconds,
      leaseTransitions: change.epoch,
      acquireTime: microTime(change.acquiredAt),
      renewTime: microTime(change.renewedAt),
    },
  });
}

/** Kubernetes' MicroTime has six digits. */
function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
