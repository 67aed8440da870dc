import { at, stringOf } from '../../../src/core/json.ts';
import type { AuditEvent } from '../../cluster/audit-log.ts';

/** One write that the API server made for a server of ours. */
export interface ProvenWrite {
  readonly writer: string;
  /** The epoch that this writer had taken the Lease with last, before the request came in. */
  readonly epoch: number;
  readonly auditId: string;
  readonly what: string;
  readonly receivedAt: string;
}

export interface Acquisition {
  readonly writer: string;
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
  const acquisitions = made
    .filter(({ resource, name, raw }) => {
      if (resource !== 'leases') return false;
      const id = stringOf(raw.auditID) ?? '';
      return (name === lease || name === undefined) && /-lease-(acquire|break)-e\d+$/.test(id);
    })
    .map((event) => ({
      writer: writerOf(event),
      epoch: Number(/e(\d+)$/.exec(String(event.raw.auditID))?.[1]),
      at: answeredAt(event),
    }));
  const writes = made
    .filter((event) => event.namespace === namespace && event.userAgent === 'stratus-mcp')
    .map((event) => ({
      writer: writerOf(event),
      epoch: epochAt(acquisitions, writerOf(event), event.receivedAt),
      auditId: String(event.raw.auditID),
      what: `${event.verb} ${event.resource}/${event.name ?? ''}`,
      receivedAt: event.receivedAt,
    }));
  return { acquisitions, writes, broken: [...takenTwice(acquisitions), ...outOfTurn(writes)] };
}

function takenTwice(acquisitions: readonly Acquisition[]): string[] {
  return acquisitions.flatMap(({ writer, epoch }, i) => {
    const before = acquisitions[i - 1];
    if (before === undefined || before.epoch < epoch) return [];
    return [`${writer} took epoch ${epoch} after ${before.writer} had taken ${before.epoch}`];
  });
}

function outOfTurn(writes: readonly ProvenWrite[]): string[] {
  const broken = writes
    .filter(({ epoch }) => epoch === 0)
    .map(({ writer, what }) => `${writer} sent ${what} without ever having had the Lease`);
  let newest: ProvenWrite | undefined;
  for (const write of writes) {
    if (newest !== undefined && write.epoch < newest.epoch) {
      broken.push(
        `${write.writer} in epoch ${write.epoch} sent ${write.what} (${write.auditId}) after ${newest.writer} had written in epoch ${newest.epoch}`,
      );
    } else newest = write;
  }
  return broken;
}

function epochAt(acquisitions: readonly Acquisition[], writer: string, at: string): number {
  const own = acquisitions.filter((it) => it.writer === writer && it.at <= at);
  return own.at(-1)?.epoch ?? 0;
}

const writerOf = ({ raw, user }: AuditEvent) =>
  stringOf(at(raw, 'impersonatedUser', 'username')) ?? user;

const answeredAt = ({ raw }: AuditEvent) => stringOf(raw.stageTimestamp) ?? '';
