import type { Database } from './database.ts';
import { keyOf } from './transaction-id.ts';
import type { LeaseNote, SampleRow } from './types.ts';
import type { WriterHolder } from './writer-lock.ts';

/** A severity sample without what it is made of. */
export interface SeverityPoint extends Pick<SampleRow, 'phase' | 'at' | 'severity'> {
  readonly violations: number;
  /** What could not be observed; above 0 the severity means nothing. */
  readonly unknowns: number;
}

/** What the journal notes of who writes, for somebody who watches it. */
export interface Standing {
  /**
   * Who noted to hold the writer lock; undefined when nobody does. The note of a process that was killed stays, and
   * the lock itself is not tried: for that instant it would be taken from a server.
   */
  writer(): WriterHolder | undefined;
  /** By cluster and name of the Lease. */
  leases(): (LeaseNote & { readonly lease: string })[];
  /** The newest samples of a transaction, oldest first. */
  severities(transaction: string, limit: number): SeverityPoint[];
  /** Another number whenever somebody else wrote to the journal: asking is cheaper than reading. */
  version(): number;
  /** @throws StratusError journal_unavailable when the open file is not the one at the path any more. */
  requirePlace(): void;
}

export function openStanding(database: Database): Standing {
  const { sql } = database;
  return {
    writer: () =>
      database.read(() =>
        sql
          .prepare<[], WriterHolder>('SELECT pid, since, description FROM writer WHERE id = 1')
          .get(),
      ),
    leases: () =>
      database.read(() =>
        sql
          .prepare<[], { name: string; epoch: number; named: 0 | 1 }>(
            'SELECT name, epoch, named FROM lease ORDER BY name',
          )
          .all()
          .map(({ name, epoch, named }) => ({ lease: name, epoch, named: named === 1 })),
      ),
    severities: (transaction, limit) =>
      database.read(() =>
        sql
          .prepare<[number, number], SeverityPoint>(
            `SELECT phase, at, severity, json_array_length(violations) AS violations,
               json_array_length(unknowns) AS unknowns
             FROM sample WHERE txn = ? ORDER BY id DESC LIMIT ?`,
          )
          .all(keyOf(transaction) ?? 0, limit)
          .toReversed(),
      ),
    version: () => database.read(() => Number(sql.pragma('data_version', { simple: true }))),
    requirePlace: () => database.requirePlace(),
  };
}
