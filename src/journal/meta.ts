import type { Database } from './database.ts';

/** The one row of `meta`. */
export interface Meta {
  journal_id: string;
  epoch: number;
  key_id: string | null;
  audit_rows: number;
  audit_head: string;
}

export function readMeta(database: Database): Meta {
  const meta = database.sql.prepare<[], Meta>('SELECT * FROM meta').get();
  if (meta === undefined) throw new Error('The meta row of the journal is missing.');
  return meta;
}

/** Starts the next epoch: writers of the one before can't write any more. */
export function raiseEpoch(database: Database): number {
  const row = database.sql
    .prepare<[], { epoch: number }>('UPDATE meta SET epoch = epoch + 1 RETURNING epoch')
    .get();
  if (row === undefined) throw new Error('The meta row of the journal is missing.');
  return row.epoch;
}

export function setKeyId(database: Database, id: string): void {
  if (database.read(() => readMeta(database)).key_id === id) return;
  database.write('keyId', () => {
    database.sql.prepare('UPDATE meta SET key_id = ?').run(id);
  });
}

/** The last row that left the front of the audit chain; `seq` 0 while none has. */
export interface Anchor {
  readonly seq: number;
  readonly hash: string;
  /** Wall ms at which that row was written. */
  readonly at: number;
}

export function readAnchor(database: Database): Anchor {
  const anchor = database.sql.prepare<[], Anchor>('SELECT seq, hash, at FROM audit_anchor').get();
  if (anchor === undefined) throw new Error('The anchor of the audit chain is missing.');
  return anchor;
}
