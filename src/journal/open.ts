import { resolve } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import { openApprovalTable } from './approval-table.ts';
import type { ApprovalStore } from './approval-types.ts';
import { openAuditLog } from './audit-log.ts';
import { type AuditReader, openAuditReader } from './audit-reader.ts';
import { openDatabase } from './database.ts';
import { syncFolder } from './files.ts';
import { openIncidentTable } from './incident-table.ts';
import { openLeaseNotes } from './lease-notes.ts';
import { findKey, masterKey } from './master-key.ts';
import { readMeta } from './meta.ts';
import { checkVersion, MIGRATIONS, migrate } from './migrations.ts';
import { placeOf } from './place.ts';
import { policyNotes } from './policy-notes.ts';
import { openRetention, type Retention } from './retention.ts';
import type { Room } from './room.ts';
import { openStanding, type Standing } from './standing.ts';
import { openTransactionStore } from './transaction-store.ts';
import type { IncidentStore, Journal, TransactionStore } from './types.ts';
import { openWriterLock } from './writer-lock.ts';

export interface JournalOptions {
  /** The SQLite file; created with its folder when missing. */
  readonly path: string;
  /** The file of the sealing key; `<path>.key` when absent. */
  readonly keyPath?: string;
  /** Read for STRATUS_JOURNAL_KEY. */
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** How this process is named to one that finds the writer lock taken. */
  readonly description?: string;
  /** How long to wait for another process's write, ms. */
  readonly busyTimeoutMs?: number;
}

const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens the journal, bringing its schema up to date. Takes no exclusive lock: several servers may
 * have it open.
 * @throws StratusError journal_unavailable when it is locked, unreadable, not a journal, newer than
 * this program, readable by others, or when its key is missing while unfinished transactions need it.
 */
export function openJournal(options: JournalOptions): Journal {
  const { env, clock } = options;
  const path = resolve(options.path);
  const busyTimeoutMs = options.busyTimeoutMs ?? BUSY_TIMEOUT_MS;
  const database = openDatabase({ path, busyTimeoutMs });
  try {
    migrate(database);
    syncFolder(path);
    const keyPath = resolve(options.keyPath ?? `${path}.key`);
    const key = masterKey(database, { env, keyPath });
    const audit = openAuditLog(database, clock);
    const room: Room = { database, audit, key, now: () => clock.now() };
    const lock = openWriterLock(database, clock, options.description ?? `process ${process.pid}`);
    return {
      path,
      id: database.read(() => readMeta(database)).journal_id,
      place: placeOf(path),
      audit,
      transactions: openTransactionStore(room),
      approvals: openApprovalTable(room, clock),
      incidents: openIncidentTable(room),
      leases: openLeaseNotes(room),
      lock,
      retention: openRetention(database, audit),
      notePolicy: policyNotes(room, clock),
      close: () => {
        lock.release();
        database.close();
      },
    };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** The journal for readers: works while servers write, and can't write itself. */
export interface JournalReader {
  readonly path: string;
  readonly audit: AuditReader;
  /** `image` throws journal_unavailable where the sealing key was not read or is another one. */
  readonly transactions: Pick<TransactionStore, 'get' | 'list' | 'steps' | 'samples' | 'image'>;
  readonly incidents: Omit<IncidentStore, 'open' | 'move' | 'record'>;
  readonly retention: Pick<Retention, 'plan' | 'busy'>;
  /** Without the plans, which are sealed. */
  readonly approvals: Pick<ApprovalStore, 'get' | 'list'>;
  readonly standing: Standing;
  close(): void;
}

// What writing would need; the connection refuses writes anyway.
const READ_ONLY = {
  audit: {
    append: () => {
      throw new StratusError('internal', 'The journal is open for reading only.');
    },
  },
  key: undefined,
  now: () => Date.now(),
};

/**
 * Opens an existing journal read-only. Only images need the sealing key: it is read (and never made)
 * when `env` is given, from STRATUS_JOURNAL_KEY or the file beside the journal.
 * @throws StratusError journal_unavailable.
 */
export function openJournalReader(options: {
  path: string;
  busyTimeoutMs?: number;
  env?: NodeJS.ProcessEnv;
  clock?: Clock;
}): JournalReader {
  const path = resolve(options.path);
  const { env } = options;
  const key = env === undefined ? undefined : findKey({ env, keyPath: `${path}.key` });
  const busyTimeoutMs = options.busyTimeoutMs ?? BUSY_TIMEOUT_MS;
  const database = openDatabase({ path, busyTimeoutMs, readonly: true });
  try {
    if (checkVersion(database) < MIGRATIONS.length) {
      throw new StratusError(
        'journal_unavailable',
        `The journal ${path} was written by an older stratus-mcp.`,
        { next: 'Start the server once: it brings the journal up to date.' },
      );
    }
    return {
      path,
      audit: openAuditReader(database),
      transactions: openTransactionStore({ database, ...READ_ONLY, key }),
      incidents: openIncidentTable({ database, ...READ_ONLY }),
      retention: openRetention(database, READ_ONLY.audit),
      approvals: openApprovalTable({ database, ...READ_ONLY }, options.clock ?? systemClock),
      standing: openStanding(database),
      close: () => database.close(),
    };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}
