import { closeSync, constants, copyFileSync, fsyncSync, linkSync, openSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import { openAuditLog } from './audit-log.ts';
import { openAuditReader } from './audit-reader.ts';
import { type Database, openDatabase } from './database.ts';
import { codeOf, createPrivate, fileStats, reasonOf, syncFolder } from './files.ts';
import { contentsOf, type JournalContents, quickCheck } from './inspect.ts';
import { checkVersion, MIGRATIONS } from './migrations.ts';
import { openRetention, type Retention } from './retention.ts';
import type { AuditLog } from './types.ts';

const BUSY_TIMEOUT_MS = 10_000;

/** A journal for its keeper: no key is needed or made, and servers may be running. */
export interface Maintenance {
  readonly path: string;
  readonly audit: AuditLog;
  readonly retention: Retention;
  /** Rebuilds the file without the space of what was removed. Other writes wait until it is done. */
  vacuum(): void;
  close(): void;
}

/** @throws StratusError journal_unavailable when there is no journal of this version at the path. */
export function openMaintenance(journal: string, clock: Clock): Maintenance {
  const database = openExisting(journal, false);
  const audit = openAuditLog(database, clock);
  const retention = openRetention(database, audit);
  return {
    path: database.path,
    audit,
    retention,
    vacuum: () => {
      if (retention.busy()) {
        throw new StratusError('journal_unavailable', 'A transaction is under way.', {
          next: 'Wait until it has ended: its calls would have to wait for the vacuum.',
        });
      }
      database.read(() => {
        database.sql.exec('VACUUM');
        database.sql.pragma('wal_checkpoint(TRUNCATE)');
      });
    },
    close: () => database.close(),
  };
}

/** What is in the journal, read-only. @throws StratusError journal_unavailable. */
export function journalContents(journal: string): JournalContents {
  const database = openExisting(journal, true);
  try {
    return contentsOf(database);
  } finally {
    database.close();
  }
}

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  readonly auditRows: number;
  /** Where the sealing key was copied to. */
  readonly key?: string;
}

/**
 * Copies the journal as it is at one moment, while servers go on writing; then opens the copy and
 * verifies structure and audit chain before it gets its name. Images in it need the sealing key,
 * which is copied to `<file>.key` only when `withKey` says so.
 *
 * VACUUM INTO and not SQLite's backup interface: one snapshot that no writer makes begin again, and
 * no native object for the garbage collector (sqlite.ts).
 * @throws StratusError journal_unavailable; nothing is left at `file` then.
 */
export function backupJournal(journal: string, file: string, withKey: boolean): Backup {
  const target = resolve(file);
  const draft = `${target}.${process.pid}.partial`;
  const key = withKey ? { from: keyFileOf(journal), to: `${target}.key` } : undefined;
  for (const path of [target, ...(key === undefined ? [] : [key.to])]) requireAbsent(path);
  try {
    createPrivate(draft);
    copyInto(journal, draft);
    const { auditRows } = verifyCopy(draft);
    sync(draft);
    if (key !== undefined) copyKey(key.from, key.to);
    linkSync(draft, target);
    syncFolder(target);
    const bytes = fileStats(target)?.size ?? 0;
    return { file: target, bytes, auditRows, ...(key === undefined ? {} : { key: key.to }) };
  } catch (thrown) {
    if (thrown instanceof StratusError) throw thrown;
    if (codeOf(thrown) === 'EEXIST') throw exists(target);
    throw unwritable(target, thrown);
  } finally {
    rmSync(draft, { force: true });
  }
}

function copyInto(journal: string, draft: string): void {
  const database = openExisting(journal, true);
  try {
    database.read(() => {
      // The copy is another file; `query_only` doesn't know that.
      database.sql.pragma('query_only = OFF');
      database.sql.prepare('VACUUM INTO ?').run(draft);
    });
  } finally {
    database.close();
  }
}

function verifyCopy(draft: string): JournalContents {
  const copy = openExisting(draft, true);
  try {
    const [damage] = quickCheck(copy);
    const verified = openAuditReader(copy).verify();
    const reason = damage ?? (verified.ok ? undefined : verified.reason);
    if (reason === undefined) return contentsOf(copy);
    throw new StratusError('journal_unavailable', `The copy is not sound: ${reason}`, {
      next: 'Look at the journal itself: stratus-mcp audit verify, stratus-mcp doctor.',
    });
  } finally {
    copy.close();
  }
}

function openExisting(journal: string, readonly: boolean): Database {
  const path = resolve(journal);
  if (fileStats(path) === undefined) {
    throw new StratusError('journal_unavailable', `There is no journal at ${path}.`, {
      next: 'Name the journal file of the server, or start the server once.',
    });
  }
  const database = openDatabase({ path, readonly, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    if (checkVersion(database) === MIGRATIONS.length) return database;
    throw new StratusError(
      'journal_unavailable',
      `The journal ${path} was written by an older stratus-mcp.`,
      { next: 'Start the server once: it brings the journal up to date.' },
    );
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function keyFileOf(journal: string): string {
  const path = `${resolve(journal)}.key`;
  if (fileStats(path) !== undefined) return path;
  throw new StratusError('journal_unavailable', `There is no key file at ${path}.`, {
    next: 'The key comes from STRATUS_JOURNAL_KEY: keep that by itself, and back up without --with-key.',
  });
}

function copyKey(from: string, to: string): void {
  createPrivate(to);
  copyFileSync(from, to);
  sync(to);
}

function sync(path: string): void {
  const fd = openSync(path, constants.O_RDWR);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function requireAbsent(path: string): void {
  if (fileStats(path) !== undefined) throw exists(path);
}

function exists(path: string): StratusError {
  return new StratusError('journal_unavailable', `There is a file at ${path} already.`, {
    next: 'Name a file that is not there yet: a backup is never overwritten.',
  });
}

function unwritable(path: string, cause: unknown): StratusError {
  return new StratusError(
    'journal_unavailable',
    `The backup ${path} can't be written: ${reasonOf(cause)}.`,
    { next: 'Name a file in a folder that this user may write to, with enough space.', cause },
  );
}
