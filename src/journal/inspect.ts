import { accessSync, constants, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AuditRecord, Verification } from './audit-chain.ts';
import { verifyPart } from './audit-chain.ts';
import { type Database, openDatabase } from './database.ts';
import { codeOf, fileStats } from './files.ts';
import { type Anchor, readAnchor, readMeta } from './meta.ts';
import { checkVersion, MIGRATIONS } from './migrations.ts';
import { NEEDS_HUMAN, TERMINAL_STATES } from './states.ts';
import { idOf } from './transaction-id.ts';
import type { TransactionState } from './types.ts';
import { type WriterHolder, writerOf } from './writer-lock.ts';

/** Sizes in bytes; files are looked at from outside, so it works for a journal that can't be opened. */
export interface JournalFiles {
  readonly path: string;
  readonly bytes: number;
  readonly walBytes: number;
  /** Free for this user on the disk of the journal; `undefined` when the folder isn't there. */
  readonly freeBytes: number | undefined;
  /** This user may write the file and its folder, or make them. */
  readonly writable: boolean;
  /** Files that others than their owner may use, with their mode. */
  readonly open: readonly { path: string; mode: string }[];
}

/** What stands in a journal. Times are wall ms. */
export interface JournalContents {
  readonly schema: number;
  readonly auditRows: number;
  readonly oldestAt: number | undefined;
  readonly pruned: Anchor | undefined;
  readonly transactions: number;
  readonly unfinished: readonly string[];
  readonly needsHuman: readonly string[];
  /** Until when each question that nobody answered may be answered. */
  readonly waitingApprovals: readonly number[];
  readonly keyId: string | null;
}

export interface JournalInspection extends JournalContents {
  readonly writer: WriterHolder | undefined;
  /** What `PRAGMA quick_check` says is wrong; empty when nothing is. */
  readonly damage: readonly string[];
  readonly tail: Verification;
}

const TAIL = 1_000;

/** @throws StratusError journal_unavailable when the folder can't be looked at. */
export function journalFiles(journal: string): JournalFiles {
  const path = resolve(journal);
  const size = (suffix: string) => fileStats(`${path}${suffix}`)?.size ?? 0;
  const open = ['', '-wal', '-shm', '.lock', '.key'].flatMap((suffix) => {
    const mode = (fileStats(`${path}${suffix}`)?.mode ?? 0) & 0o777;
    const closed = process.geteuid === undefined || (mode & 0o077) === 0;
    return closed ? [] : [{ path: `${path}${suffix}`, mode: mode.toString(8) }];
  });
  return {
    path,
    bytes: size(''),
    walBytes: size('-wal'),
    freeBytes: freeBytes(path),
    writable: mayWrite(path),
    open,
  };
}

function mayWrite(path: string): boolean {
  const may = (place: string) => {
    try {
      accessSync(place, constants.W_OK);
      return true;
    } catch (thrown) {
      return codeOf(thrown) === 'ENOENT' ? undefined : false;
    }
  };
  // SQLite makes files beside the journal; what is not there yet is made in the nearest folder that is.
  let folder = dirname(path);
  while (may(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
  return may(folder) === true && may(path) !== false;
}

function freeBytes(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/**
 * Reads a journal without writing to it; `undefined` when an older version wrote it, which the next
 * start of a server brings up to date.
 * @throws StratusError journal_unavailable, also for a journal of a newer version.
 */
export function inspectJournal(journal: string): JournalInspection | undefined {
  const database = openDatabase({ path: resolve(journal), readonly: true, busyTimeoutMs: 5_000 });
  try {
    if (checkVersion(database) < MIGRATIONS.length) return undefined;
    return {
      ...contentsOf(database),
      writer: writerOf(database),
      damage: quickCheck(database),
      tail: verifyTail(database),
    };
  } finally {
    database.close();
  }
}

/** What is in a journal of this version. @throws StratusError journal_unavailable. */
export function contentsOf(database: Database): JournalContents {
  return database.read(() => {
    const { sql } = database;
    const { audit_rows: auditRows, key_id: keyId } = readMeta(database);
    const anchor = readAnchor(database);
    const oldest = sql.prepare<[], { at: number }>('SELECT at FROM audit ORDER BY seq LIMIT 1');
    const total = sql.prepare<[], { n: number }>('SELECT count(*) AS n FROM txn').get()?.n ?? 0;
    const left = sql
      .prepare<[string], { id: number; state: TransactionState }>(
        'SELECT id, state FROM txn WHERE state NOT IN (SELECT value FROM json_each(?)) ORDER BY id',
      )
      .all(JSON.stringify(TERMINAL_STATES));
    const handles = (stuck: boolean) =>
      left.filter(({ state }) => NEEDS_HUMAN.includes(state) === stuck).map(({ id }) => idOf(id));
    const waiting = sql.prepare<[], { until: number }>(
      `SELECT decide_by AS until FROM approval WHERE state = 'WAITING'`,
    );
    return {
      schema: MIGRATIONS.length,
      auditRows,
      oldestAt: oldest.get()?.at,
      pruned: anchor.seq === 0 ? undefined : anchor,
      transactions: total,
      unfinished: handles(false),
      needsHuman: handles(true),
      waitingApprovals: waiting.all().map(({ until }) => until),
      keyId,
    };
  });
}

/** What is wrong with the file's structure; empty when nothing is. */
export function quickCheck(database: Database): string[] {
  return database.read(() => {
    const found = database.sql.pragma('quick_check(5)') as { quick_check: string }[];
    return found.map((row) => row.quick_check).filter((line) => line !== 'ok');
  });
}

/** The last rows of the audit chain and its end; the whole chain takes longer. */
function verifyTail(database: Database): Verification {
  const { sql } = database;
  const rows = sql.prepare<[number], AuditRecord>('SELECT * FROM audit WHERE seq > ? ORDER BY seq');
  const hashAt = sql.prepare<[number], { hash: string }>('SELECT hash FROM audit WHERE seq = ?');
  return database.read(() =>
    // One read transaction: the rows and what meta says of them are of the same moment.
    sql.transaction(() => {
      const { audit_rows: last, audit_head: head } = readMeta(database);
      const anchor = readAnchor(database);
      const seq = Math.max(anchor.seq, last - TAIL);
      const hash = seq === anchor.seq ? anchor.hash : (hashAt.get(seq)?.hash ?? '');
      return verifyPart(rows.all(seq), { rows: last, head }, { seq, hash });
    })(),
  );
}
