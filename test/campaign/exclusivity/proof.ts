import { at, stringOf } from '../../../src/core/json.ts';
import type { AuditEvent } from '../../cluster/audit-log.ts';

/** One write that the API server made for a server of ours. */
export interface ProvenWrite {
  readonly writer: string;
  /** The epoch that this writer had taken the Lease with last, before the request came in, and of which Lease. */
  readonly epoch: number;
  readonly lease: number;
  readonly auditId: string;
  readonly what: string;
  readonly receivedAt: string;
}

export interface Acquisition {
  readonly writer: string;
  /** Of the Lease: each that is made in place of a deleted one counts its epochs anew. */
  readonly lease: number;
  readonly epoch: number;
  /** When it was answered: from then on it may write. */
  readonly at: string;
}

export interface Proof {
  readonly acquisitions: readonly Acquisition[];
  /** In the order in which the API server made them. */
  readonly writes: readonly ProvenWrite[];
  /** What speaks against one epoch at a time. */
  readonly broken: readonly string[];
}

/**
 * Reads from the API server's audit log alone who held the Lease in which epoch and who wrote when. Each server has a
 * name of its own there; an acquisition has its epoch in its Audit-ID.
 */
export function prove(events: readonly AuditEvent[], lease: string, namespace: string): Proof {
  const made = events.filter(
    ({ code, requestUri }) => code < 300 && !requestUri.includes('dryRun'),
  );
  let leases = 0;
  const acquisitions: Acquisition[] = [];
  // The name of a new object is in its body: who made it tells which case it is of.
  const isOfCase = (it: AuditEvent) => it.name === lease || writerOf(it).startsWith(namespace);
  for (const event of made.filter((it) => it.resource === 'leases' && isOfCase(it))) {
    if (event.verb === 'create') leases += 1;
    const epoch = /-lease-(?:acquire|break)-e(\d+)$/.exec(stringOf(event.raw.auditID) ?? '')?.[1];
    if (epoch === undefined) continue;
    const at = answeredAt(event);
    acquisitions.push({ writer: writerOf(event), lease: leases, epoch: Number(epoch), at });
  }
  const writes = made
    .filter((event) => event.namespace === namespace && event.userAgent === 'stratus-mcp')
    .map((event) => ({
      writer: writerOf(event),
      ...turnAt(acquisitions, writerOf(event), event.receivedAt),
      auditId: String(event.raw.auditID),
      what: `${event.verb} ${event.resource}/${event.name ?? ''}`,
      receivedAt: event.receivedAt,
    }));
  return { acquisitions, writes, broken: [...takenTwice(acquisitions), ...outOfTurn(writes)] };
}

function takenTwice(acquisitions: readonly Acquisition[]): string[] {
  return acquisitions.flatMap((one, i) => {
    const before = acquisitions[i - 1];
    if (before === undefined || isBefore(before, one)) return [];
    return [`${one.writer} took ${named(one)} after ${before.writer} had taken ${named(before)}`];
  });
}

function outOfTurn(writes: readonly ProvenWrite[]): string[] {
  const broken = writes
    .filter(({ epoch }) => epoch === 0)
    .map(({ writer, what }) => `${writer} sent ${what} without ever having had the Lease`);
  let newest: ProvenWrite | undefined;
  for (const write of writes) {
    if (newest !== undefined && isBefore(write, newest)) {
      broken.push(
        `${write.writer} in ${named(write)} sent ${write.what} (${write.auditId}) after ${newest.writer} had written in ${named(newest)}`,
      );
    } else newest = write;
  }
  return broken;
}

type Turn = Pick<Acquisition, 'lease' | 'epoch'>;

function turnAt(acquisitions: readonly Acquisition[], writer: string, at: string): Turn {
  const own = acquisitions.filter((it) => it.writer === writer && it.at <= at);
  const { lease, epoch } = own.at(-1) ?? { lease: 0, epoch: 0 };
  return { lease, epoch };
}

function isBefore(a: Turn, b: Turn): boolean {
  return a.lease === b.lease ? a.epoch < b.epoch : a.lease < b.lease;
}

const named = ({ lease, epoch }: Turn) => `epoch ${epoch} of Lease ${lease}`;

const writerOf = ({ raw, user }: AuditEvent) =>
  stringOf(at(raw, 'impersonatedUser', 'username')) ?? user;

const answeredAt = ({ raw }: AuditEvent) => stringOf(raw.stageTimestamp) ?? '';
