import Sqlite from 'better-sqlite3';
import type { Clock } from '../core/clock.ts';
import { type Database, guarded } from './database.ts';
import { createPrivate, fileStats, requirePrivate } from './files.ts';
import { raiseEpoch } from './meta.ts';
import { openSqlite } from './sqlite.ts';
import type { WriterLock } from './types.ts';

export interface WriterHolder {
  pid: number;
  /** Wall ms. */
  since: number;
  description: string;
}

interface Holder extends WriterHolder {
  epoch: number;
}

/**
 * The lock is SQLite's write lock on `<journal>.lock`: an fcntl lock of the kernel, so it ends with
 * the process however that dies, and a stopped process keeps it. Two journals of one process
 * exclude each other too, because SQLite tracks its locks by inode.
 *
 * BEGIN IMMEDIATE, not EXCLUSIVE: of two that try at the same moment exactly one gets it, and a
 * reader of the file can't hold it up. Nothing is ever written to the file.
 */
export function openWriterLock(database: Database, clock: Clock, description: string): WriterLock {
  const path = `${database.path}.lock`;
  const { sql } = database;
  const write = sql.prepare(
    `INSERT INTO writer (id, epoch, pid, since, description) VALUES (1, @epoch, @pid, @since, @description)
     ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, pid = excluded.pid,
       since = excluded.since, description = excluded.description`,
  );
  const read = sql.prepare<[], Holder>('SELECT * FROM writer');
  const clear = sql.prepare('DELETE FROM writer WHERE epoch = ?');
  let hold: { lock: Sqlite.Database; epoch: number } | undefined;

  return {
    acquire: () => {
      if (hold !== undefined) return { kind: 'held', epoch: hold.epoch };
      const lock = tryLock(path);
      if (lock === undefined) {
        const holder = database.read(() => read.get());
        const {
          pid = 0,
          since = 0,
          description: text = 'a process that just started',
        } = holder ?? {};
        return { kind: 'busy', holder: { pid, since, description: text } };
      }
      try {
        const epoch = database.write('lock', () => {
          const next = raiseEpoch(database);
          const since = Math.round(clock.now());
          write.run({ epoch: next, pid: process.pid, since, description });
          return next;
        });
        hold = { lock, epoch };
        return { kind: 'held', epoch };
      } catch (thrown) {
        lock.close();
        throw thrown;
      }
    },
    release: () => {
      if (hold === undefined) return;
      const { lock, epoch } = hold;
      hold = undefined;
      try {
        database.write('unlock', () => clear.run(epoch));
      } finally {
        lock.close();
      }
    },
    get held() {
      return hold !== undefined;
    },
  };
}

/**
 * Who holds the writer lock of a journal now; `undefined` when nobody does. Holds it for an instant
 * itself, and makes no file.
 */
export function writerOf(database: Database): WriterHolder | undefined {
  const path = `${database.path}.lock`;
  if (fileStats(path) === undefined) return undefined;
  const lock = lockOrBusy(path);
  lock?.close();
  if (lock !== undefined) return undefined;
  const row = database.read(() => database.sql.prepare<[], Holder>('SELECT * FROM writer').get());
  return row ?? { pid: 0, since: 0, description: 'a process that just started' };
}

function tryLock(path: string): Sqlite.Database | undefined {
  createPrivate(path);
  requirePrivate(path);
  return lockOrBusy(path);
}

function lockOrBusy(path: string): Sqlite.Database | undefined {
  return guarded(path, 'nothing', () => {
    const lock = openSqlite(path, { timeout: 0, fileMustExist: true });
    try {
      lock.pragma('journal_mode = MEMORY');
      lock.exec('BEGIN IMMEDIATE');
      return lock;
    } catch (thrown) {
      lock.close();
      if (thrown instanceof Sqlite.SqliteError && thrown.code.startsWith('SQLITE_BUSY')) {
        return undefined;
      }
      throw thrown;
    }
  });
}
