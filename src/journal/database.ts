import Sqlite from 'better-sqlite3';
import { crashpoint } from '../core/crashpoint.ts';
import { type Changed, StratusError } from '../core/errors.ts';
import { createPrivate, ensureFolder, fileStats, requirePrivate } from './files.ts';
import { openSqlite } from './sqlite.ts';

/** A SQLite file whose errors are StratusErrors. */
export interface Database {
  readonly path: string;
  readonly sql: Sqlite.Database;
  /** Runs reads. @throws StratusError journal_unavailable. */
  read<T>(act: () => T): T;
  /**
   * Runs reads and writes in one BEGIN IMMEDIATE transaction, durable on return; inside another
   * `write` it joins that one. `changed` is what a failure leaves behind in the cluster.
   * `what` names the crash points around it: `journal.WHAT.before` and `journal.WHAT.after`.
   */
  write<T>(what: string, act: () => T, changed?: Changed): T;
  /**
   * Like `write`, but returns before the disk has it. A process that dies loses nothing by that, for
   * the kernel has the pages; a machine that loses power may lose the row, and all rows after it.
   * The write-ahead log is one sequence, and `write` syncs the whole of it: whatever came before a
   * `write` is as durable as the `write` itself. So this is for rows that no write to the cluster
   * relies on without a `write` in between. Inside a `write` it joins that one.
   */
  writeUnsynced<T>(what: string, act: () => T, changed?: Changed): T;
  /**
   * To be called before anything new begins. SQLite goes on writing into a file that was deleted or
   * replaced, and nobody would ever read it. What had begun may still be taken back with that file.
   * @throws StratusError journal_unavailable when the open file is not the one at the path any more.
   */
  requirePlace(): void;
  close(): void;
}

export interface DatabaseOptions {
  readonly path: string;
  readonly readonly?: boolean;
  /** How long to wait for another process's write lock, ms. */
  readonly busyTimeoutMs: number;
}

/**
 * Opens the file, created 0600 in a 0700 folder if missing (not when read-only).
 * WAL with synchronous=FULL: what was committed survives a power loss.
 * @throws StratusError journal_unavailable that says which file, what is wrong and what to do.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { path, busyTimeoutMs } = options;
  const readonly = options.readonly ?? false;
  if (readonly) {
    if (fileStats(path) === undefined) {
      throw new StratusError('journal_unavailable', `There is no journal at ${path}.`, {
        next: 'Name the journal file of the server, or start the server once.',
      });
    }
  } else {
    ensureFolder(path);
    createPrivate(path);
    for (const suffix of ['', '-wal', '-shm']) requirePrivate(`${path}${suffix}`);
  }
  return guarded(path, 'nothing', () => {
    const sql = openSqlite(path, { readonly, timeout: busyTimeoutMs, fileMustExist: true });
    try {
      if (!readonly) configure(sql, path, busyTimeoutMs);
      else sql.pragma('query_only = ON');
    } catch (thrown) {
      sql.close();
      throw thrown;
    }
    return wrap(path, sql, placeOf(path));
  });
}

function placeOf(path: string): string {
  const stats = fileStats(path);
  return stats === undefined ? 'nowhere' : `${stats.dev}:${stats.ino}`;
}

function configure(sql: Sqlite.Database, path: string, busyTimeoutMs: number): void {
  switchToWal(sql, path, busyTimeoutMs);
  sql.pragma('synchronous = FULL');
  // On macOS a plain fsync doesn't reach the disk.
  sql.pragma('fullfsync = ON');
  // A row of the audit log touches a dozen pages, mostly the same ones: copied back less often, they
  // are copied once for many rows. 16 MB at most.
  sql.pragma('wal_autocheckpoint = 4000');
  sql.pragma('foreign_keys = ON');
  sql.pragma('recursive_triggers = ON');
  sql.pragma('secure_delete = ON');
  sql.pragma('trusted_schema = OFF');
}

// SQLite doesn't call its busy handler for every lock of this switch, so two first starts at the
// same moment need a loop.
function switchToWal(sql: Sqlite.Database, path: string, busyTimeoutMs: number): void {
  const until = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      const mode = sql.pragma('journal_mode = WAL', { simple: true });
      if (mode === 'wal') return;
      throw new StratusError(
        'journal_unavailable',
        `SQLite can't use a write-ahead log at ${path} (it says "${String(mode)}").`,
        { next: 'Keep the journal on a local disk, not on a network file system.' },
      );
    } catch (thrown) {
      const busy = thrown instanceof Sqlite.SqliteError && thrown.code.startsWith('SQLITE_BUSY');
      if (!busy || performance.now() >= until) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

function wrap(path: string, sql: Sqlite.Database, place: string): Database {
  const inTransaction = sql.transaction((act: () => unknown) => act());
  // Inside of it there is no boundary: a process that dies there has written nothing.
  const whole = <T>(what: string, act: () => T): T => {
    crashpoint?.(`journal.${what}.before`);
    const result = inTransaction.immediate(act) as T;
    crashpoint?.(`journal.${what}.after`);
    return result;
  };
  let unsynced = false;
  let mode: 'FULL' | 'NORMAL' = 'FULL';
  // By exec: a pragma works when it is prepared, and prepared statements are kept.
  const inMode = (wanted: typeof mode) => {
    if (mode !== wanted) sql.exec(`PRAGMA synchronous = ${wanted}`);
    mode = wanted;
  };
  return {
    path,
    sql,
    read: (act) => guarded(path, 'nothing', act),
    write<T>(what: string, act: () => T, changed: Changed = 'nothing'): T {
      return guarded(path, changed, () => {
        if (unsynced) throw new Error('A durable write inside one that is not.');
        if (sql.inTransaction) return act();
        inMode('FULL');
        return whole(what, act);
      });
    },
    writeUnsynced<T>(what: string, act: () => T, changed: Changed = 'nothing'): T {
      return guarded(path, changed, () => {
        if (sql.inTransaction) return act();
        inMode('NORMAL');
        unsynced = true;
        try {
          return whole(what, act);
        } finally {
          unsynced = false;
        }
      });
    },
    requirePlace: () => {
      if (placeOf(path) === place) return;
      throw new StratusError(
        'journal_unavailable',
        `The journal ${path} was deleted or replaced while this process had it open.`,
        {
          next: 'Put the same file back where it was, or restart the server: it then works with what is there.',
        },
      );
    },
    close: () => {
      sql.close();
    },
  };
}

/** Runs `act` and turns what SQLite throws into a sentence. */
export function guarded<T>(path: string, changed: Changed, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    throw isSqlite(thrown) ? explained(path, changed, thrown) : thrown;
  }
}

function isSqlite(thrown: unknown): thrown is Error {
  if (thrown instanceof Sqlite.SqliteError) return true;
  return thrown instanceof TypeError && thrown.message.includes('database connection');
}

function explained(path: string, changed: Changed, thrown: Error): StratusError {
  const code = thrown instanceof Sqlite.SqliteError ? thrown.code : '';
  if (code.startsWith('SQLITE_CONSTRAINT')) {
    return new StratusError(
      'internal',
      `The journal ${path} refused a row that breaks its rules.`,
      {
        changed,
        cause: thrown,
      },
    );
  }
  const [what, next] = sentenceFor(code, thrown);
  return new StratusError('journal_unavailable', `The journal ${path} ${what}.`, {
    ...(next === undefined ? {} : { next }),
    changed,
    cause: thrown,
  });
}

function sentenceFor(code: string, thrown: Error): [what: string, next?: string] {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return [
      'is locked by another process',
      'Find who holds it (for example an sqlite3 shell in a transaction), end that, and call again.',
    ];
  }
  if (code.startsWith('SQLITE_NOTADB')) {
    return [
      'is not a SQLite database, or is damaged',
      'Name another file for the journal, or put the file back from a backup.',
    ];
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return [
      'is damaged',
      'Stop stratus-mcp, keep a copy of the file, and put it back from a backup or run: sqlite3 FILE .recover',
    ];
  }
  if (code.startsWith('SQLITE_FULL')) return ["can't be written: the disk is full", 'Free space.'];
  if (code.startsWith('SQLITE_READONLY')) {
    return ["can't be written: it is read-only", 'Give this user write access to file and folder.'];
  }
  if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM')) {
    return ["can't be opened", 'Check that this user may read and write the file and its folder.'];
  }
  return [`can't be used: ${thrown.message}`];
}
