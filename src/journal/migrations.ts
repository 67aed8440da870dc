import { StratusError } from '../core/errors.ts';
import type { Database } from './database.ts';
import { SCHEMA_1 } from './schema.ts';
import { SCHEMA_2 } from './schema-2.ts';
import { ANCHOR } from './schema-anchor.ts';
import { APPROVALS } from './schema-approval.ts';
import { DEFERRED } from './schema-deferred.ts';
import { INCIDENTS } from './schema-incident.ts';
import { LEAN } from './schema-lean.ts';
import { LEASES } from './schema-lease.ts';
import { RESOLUTIONS } from './schema-resolution.ts';
import { SEARCH } from './schema-search.ts';
import { VIEWS_1 } from './views.ts';

/** One step of the schema: applied whole, in one SQLite transaction, with its version number. */
export interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
  /** True where the schema's own table is written, which SQLite forbids otherwise. */
  readonly unsafe?: true;
}

/** In order; the version of a journal is how many of them it has seen (`PRAGMA user_version`). */
export const MIGRATIONS: readonly Migration[] = [
  { name: 'tables, audit chain, views', statements: [...SCHEMA_1, ...VIEWS_1] },
  { name: 'the anchor of the audit chain', statements: ANCHOR },
  { name: 'evictions', statements: SCHEMA_2 },
  { name: 'quick pages of the audit log', statements: SEARCH },
  { name: 'fewer indexes of the audit log', statements: LEAN },
  { name: 'approvals', statements: APPROVALS },
  { name: 'leases', statements: LEASES },
  { name: 'resolutions of conflicts', statements: RESOLUTIONS },
  { name: 'steps that wait for the commit', statements: DEFERRED, unsafe: true },
  { name: 'incidents', statements: INCIDENTS, unsafe: true },
];

/** Marks the file as ours (`PRAGMA application_id`): "STRA". */
export const APPLICATION_ID = 0x53545241;

/**
 * Brings the journal to the newest version. Safe when two processes do it at once: the version is
 * read again under the write lock.
 * @throws StratusError journal_unavailable when the file is another program's or from the future.
 */
export function migrate(database: Database, migrations = MIGRATIONS): void {
  while (checkVersion(database, migrations.length) < migrations.length) {
    database.write('migrate', () => {
      const version = checkVersion(database, migrations.length);
      const next = migrations[version];
      if (next === undefined) return;
      database.sql.unsafeMode(next.unsafe === true);
      try {
        for (const statement of next.statements) database.sql.exec(statement);
      } finally {
        database.sql.unsafeMode(false);
      }
      database.sql.pragma(`application_id = ${APPLICATION_ID}`);
      database.sql.pragma(`user_version = ${version + 1}`);
    });
  }
}

/** The version of the file, 0 when it is new. @throws as {@link migrate} does. */
export function checkVersion(database: Database, newest = MIGRATIONS.length): number {
  const { sql, path } = database;
  // One snapshot for the three reads: the first start of another process may fall between them.
  const look = sql.transaction(() => {
    const version = Number(sql.pragma('user_version', { simple: true }));
    const ours = sql.pragma('application_id', { simple: true }) === APPLICATION_ID;
    const empty = sql.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined;
    if (!ours && !(version === 0 && empty)) {
      throw new StratusError('journal_unavailable', `${path} is a database of another program.`, {
        next: 'Name another file for the journal.',
      });
    }
    if (version > newest) {
      throw new StratusError(
        'journal_unavailable',
        `The journal ${path} was written by a newer stratus-mcp (schema ${version}; this one knows ${newest}).`,
        { next: 'Run that newer version, or name another file for the journal.' },
      );
    }
    return version;
  });
  return database.read(() => look());
}
