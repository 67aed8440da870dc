import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import { openAuditLog } from '../../src/journal/audit-log.ts';
import { openDatabase } from '../../src/journal/database.ts';
import { checkVersion, MIGRATIONS, migrate } from '../../src/journal/migrations.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import { openSqlite } from '../../src/journal/sqlite.ts';
import type { AuditFilter } from '../../src/journal/types.ts';
import { spawnChild } from './children.ts';
import { handClock, journalPath, openedJournal, temporaryFolder } from './support.ts';
import { call, step } from './support-rows.ts';

const mode = (path: string) => statSync(path).mode & 0o777;

/** The refusal that `act` throws, as a user reads it. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof StratusError && thrown.code === 'journal_unavailable') {
      return `${thrown.message} ${thrown.next}`;
    }
    throw thrown;
  }
  throw new Error('It was not refused.');
}

const NOBODY = 65_534;

/** Root may do everything, so as root this steps down to a user who owns just that folder. */
function asOrdinaryUser(folder: string, act: () => void): void {
  if (process.geteuid?.() !== 0) {
    act();
    return;
  }
  chownSync(folder, NOBODY, NOBODY);
  process.seteuid?.(NOBODY);
  try {
    act();
  } finally {
    process.seteuid?.(0);
  }
}

function schemaOf(path: string): unknown {
  const sql = openSqlite(path, { readonly: true });
  const schema = sql.prepare('SELECT type, name, sql FROM sqlite_master ORDER BY name').all();
  const version = sql.pragma('user_version', { simple: true });
  sql.close();
  return { schema, version };
}

describe('a new journal', () => {
  test('is a folder 0700 with files that only its owner may read', () => {
    const path = journalPath();
    const journal = openedJournal(path);
    journal.lock.acquire();
    journal.audit.start(call('c-1'));

    expect(mode(dirname(path))).toBe(0o700);
    const files = readdirSync(dirname(path)).sort();
    expect(files).toEqual(
      ['', '-shm', '-wal', '.key', '.lock'].map((suffix) => `journal.db${suffix}`),
    );
    for (const file of files) expect(mode(join(dirname(path), file)), file).toBe(0o600);
  });

  test('is made once when several processes start at the same moment', async () => {
    const path = journalPath();
    const children = Array.from({ length: 4 }, () => spawnChild(['open', path]));

    for (const child of children) expect(await child.line(0)).toBe('opened');
    expect(openedJournal(path).audit.verify()).toMatchObject({ ok: true, rows: 0 });
  });

  test('is known as ours also when another process makes it while this one looks', () => {
    const path = journalPath();
    const [one, other] = [0, 1].map(() => openDatabase({ path, busyTimeoutMs: 0 }));
    if (one === undefined || other === undefined) throw new Error('not opened');
    const read = one.sql.pragma;
    one.sql.pragma = (source, options) => {
      const value = read(source, options);
      if (source === 'application_id') migrate(other);
      return value;
    };

    expect(checkVersion(one)).toBe(0);
    expect(checkVersion(one)).toBe(MIGRATIONS.length);
    for (const database of [one, other]) database.close();
  });
});

describe('migrations', () => {
  test.each(MIGRATIONS.map((_, version) => version))(
    'bring version %i to the schema of a new journal',
    (version) => {
      const fresh = journalPath();
      openedJournal(fresh).close();
      const old = journalPath();
      const database = openDatabase({ path: old, busyTimeoutMs: 0 });
      migrate(database, MIGRATIONS.slice(0, version));
      database.close();

      openedJournal(old).close();

      expect(schemaOf(old)).toEqual(schemaOf(fresh));
    },
  );

  test('keep the steps of a version 1 journal and their images, and let a step be an eviction', () => {
    const path = journalPath();
    const database = openDatabase({ path, busyTimeoutMs: 0 });
    migrate(database, MIGRATIONS.slice(0, 1));
    database.sql.exec(`
      INSERT INTO txn VALUES (7, 1, 'COMMITTED', 'r', 'a', 'c', 'd', 1, 2, 3, 4,
        '{}', '{}', '[]', NULL, NULL, NULL, NULL, NULL);
      INSERT INTO step VALUES (7, 1, 1, 'mitigate_delete', 'delete', 'v1', 'Pod', 'pods', 'shop',
        'web-0', 'compensating', 'VERIFIED', 'intent-1', 1, 'u', '10', 5, 200, NULL, NULL, NULL,
        'before', 'kubectl delete', '[]', '[]');
      INSERT INTO image VALUES (7, 1, 'pre', x'0102');
    `);
    const all = (table: string) => database.sql.prepare(`SELECT * FROM ${table}`).all();
    const [steps = [], images] = [all('step'), all('image')];
    const before = [steps.map((one) => ({ ...(one as object), deferred: null })), images];
    database.close();

    const { transactions, lock } = openedJournal(path);

    const sql = openSqlite(path, { readonly: true });
    onTestFinished(() => void sql.close());
    const now = (table: string) => sql.prepare(`SELECT * FROM ${table}`).all();
    expect([now('step'), now('image')]).toEqual(before);
    expect(sql.pragma('foreign_key_check')).toEqual([]);
    expect(sql.pragma('foreign_key_list(image)')).toMatchObject([{ table: 'step' }, {}]);
    expect(sql.prepare('SELECT txn, verb FROM v_steps').all()).toEqual([
      { txn: 'txn-7', verb: 'delete' },
    ]);
    const held = lock.acquire();
    if (held.kind === 'busy') throw new Error('The lock is taken.');
    const eviction = step({ transaction: 'txn-7', seq: 2, verb: 'evict' });
    transactions.addStep(eviction, {}, held.epoch);
    expect(transactions.steps('txn-7')).toMatchObject([{ verb: 'delete' }, { verb: 'evict' }]);
  });

  test('keep what the audit log answers', () => {
    const path = journalPath();
    const database = openDatabase({ path, busyTimeoutMs: 0 });
    migrate(database, MIGRATIONS.slice(0, 4));
    const insert = database.sql.prepare(
      `INSERT INTO audit VALUES (@seq, @seq, @kind, NULL, @client, @principal, @session, 'observe_get',
        'shop', @object, NULL, @decision, NULL, @outcome, '{}', @hash)`,
    );
    const count = database.sql.prepare('UPDATE meta SET audit_rows = ?');
    const nobody = { client: null, principal: null, session: null };
    for (let seq = 1; seq <= 9; seq++) {
      const principal = seq < 3 ? 'ann' : 'bob';
      const actor = { client: `codex 1.${seq > 4 ? 1 : 0}`, principal, session: `s-${seq % 2}` };
      insert.run({
        ...{ seq, kind: seq === 6 ? 'recovery' : 'outcome', ...(seq === 6 ? nobody : actor) },
        ...{ object: `Pod/web-${seq % 2}`, decision: seq % 3 === 0 ? 'refuse' : 'allow' },
        ...{ outcome: seq % 4 === 0 ? 'failed' : 'ok', hash: '0'.repeat(64) },
      });
      count.run(seq);
    }
    database.close();

    const { audit } = openedJournal(path);
    const found = (filter: Partial<AuditFilter>) =>
      audit.query({ ...filter, limit: 9 }).rows.map(({ seq }) => seq);
    expect(found({ actor: 'codex' })).toEqual([9, 8, 7, 5, 4, 3, 2, 1]);
    expect(found({ actor: 'codex 1.0' })).toEqual([4, 3, 2, 1]);
    expect(found({ actor: 'ann' })).toEqual([2, 1]);
    expect(found({ actor: 's-0', since: 4 })).toEqual([8, 4]);
    expect(found({ object: 'pod/WEB-0' })).toEqual([8, 6, 4, 2]);
    expect(found({ object: 'web-1', decision: 'refuse' })).toEqual([9, 3]);
    expect(found({ outcome: 'failed' })).toEqual([8, 4]);
    expect(found({ kinds: ['recovery'], decision: 'refuse' })).toEqual([6]);
  });

  test('leave nothing behind when one of them fails', () => {
    const path = journalPath();
    openedJournal(path).close();
    const before = schemaOf(path);
    const database = openDatabase({ path, busyTimeoutMs: 0 });
    onTestFinished(() => database.close());
    const broken = { name: 'broken', statements: ['CREATE TABLE extra (a)', 'NOT SQL'] };

    expect(() => migrate(database, [...MIGRATIONS, broken])).toThrow(StratusError);

    expect(schemaOf(path)).toEqual(before);
  });
});

describe('a journal is refused, with the reason,', () => {
  test('when a newer version wrote it', () => {
    const path = journalPath();
    openedJournal(path).close();
    const sql = openSqlite(path);
    sql.pragma('user_version = 99');
    sql.close();

    expect(refusal(() => openedJournal(path))).toMatch(
      /journal\.db was written by a newer stratus-mcp \(schema 99; .*Run that newer version/,
    );
    expect(refusal(() => openJournalReader({ path }))).toMatch(/newer stratus-mcp/);
  });

  test('when it belongs to another program', () => {
    const path = join(temporaryFolder(), 'other.db');
    const sql = openSqlite(path);
    sql.exec('CREATE TABLE bookmarks (url)');
    sql.close();

    expect(refusal(() => openedJournal(path))).toMatch(/other\.db is a database of another/);
    const untouched = openSqlite(path, { readonly: true });
    expect(untouched.prepare('SELECT name FROM sqlite_master').all()).toEqual([
      { name: 'bookmarks' },
    ]);
    untouched.close();
  });

  test('when it is no database', () => {
    const path = join(temporaryFolder(), 'journal.db');
    writeFileSync(
      path,
      'these are notes, not a database, and long enough to have a header'.repeat(9),
    );

    expect(refusal(() => openedJournal(path))).toMatch(/not a SQLite database, or is damaged/);
  });

  test('when its pages are overwritten', () => {
    const path = journalPath();
    openedJournal(path).close();
    writeFileSync(path, readFileSync(path).fill(0xff, 100));

    expect(refusal(() => openedJournal(path))).toMatch(/is damaged/);
  });

  test('when it is a folder', () => {
    const path = join(temporaryFolder(), 'journal.db');
    mkdirSync(path);

    expect(refusal(() => openedJournal(path))).toMatch(/it is not a plain file/);
  });

  test('when a file stands where its folder should be', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');

    expect(refusal(() => openedJournal(join(file, 'journal.db')))).toMatch(
      /can't be (created|used).*not a folder|can't be created/,
    );
  });

  test('when another process holds it locked', () => {
    const path = journalPath();
    openedJournal(path).close();
    const shell = openSqlite(path);
    onTestFinished(() => {
      shell.close();
    });
    shell.pragma('locking_mode = EXCLUSIVE');
    shell.exec('BEGIN IMMEDIATE');

    expect(refusal(() => openedJournal(path, { busyTimeoutMs: 50 }))).toMatch(
      /is locked by another process\. Find who holds it/,
    );
  });

  test('when writing has to wait too long, and goes on once it may', () => {
    const path = journalPath();
    const journal = openedJournal(path, { busyTimeoutMs: 50 });
    const shell = openSqlite(path);
    onTestFinished(() => {
      shell.close();
    });
    shell.exec('BEGIN IMMEDIATE');

    expect(refusal(() => journal.audit.start(call('c-1')))).toMatch(/is locked by another process/);
    shell.exec('ROLLBACK');
    journal.audit.start(call('c-1'));
    expect(journal.audit.verify()).toMatchObject({ ok: true, rows: 1 });
  });

  test('when the disk is full, and keeps what it has', () => {
    const path = journalPath();
    openedJournal(path).audit.start(call('c-1'));
    const database = openDatabase({ path, busyTimeoutMs: 0 });
    onTestFinished(() => database.close());
    // No more pages than there are: to SQLite that is a full disk.
    database.sql.pragma('max_page_count = 1');
    const audit = openAuditLog(database, handClock());

    const big = call('c-2', { args: { text: 'x'.repeat(100_000) } });
    expect(refusal(() => audit.start(big))).toMatch(/can't be written: the disk is full\. Free/);

    expect(audit.verify()).toMatchObject({ ok: true, rows: 1 });
  });

  test('when it was closed', () => {
    const journal = openedJournal(journalPath());
    journal.close();

    expect(refusal(() => journal.audit.start(call('c-1')))).toMatch(/connection is not open/);
  });

  test('when there is none and it is only to be read', () => {
    const path = join(temporaryFolder(), 'journal.db');

    expect(refusal(() => openJournalReader({ path }))).toMatch(/There is no journal at .*journal/);
    expect(existsSync(path)).toBe(false);
  });

  test('when its user may not read it', () => {
    const path = journalPath();
    asOrdinaryUser(dirname(dirname(path)), () => {
      openedJournal(path).close();
      chmodSync(path, 0o000);

      expect(refusal(() => openedJournal(path))).toMatch(/can't be opened|can't be used/);
    });
  });

  test('when its folder is read-only', () => {
    const path = journalPath();
    asOrdinaryUser(dirname(dirname(path)), () => {
      chmodSync(dirname(dirname(path)), 0o500);

      expect(refusal(() => openedJournal(path))).toMatch(/can't be created: permission denied/);
    });
  });
});

describe('the permissions of a journal', () => {
  test('that its owner left open are closed', () => {
    const path = journalPath();
    openedJournal(path).close();
    chmodSync(path, 0o644);

    openedJournal(path);

    expect(mode(path)).toBe(0o600);
  });

  test('that somebody else left open are a refusal', () => {
    asOrdinaryUser(temporaryFolder(), () => {
      expect(refusal(() => openedJournal('/etc/passwd'))).toMatch(
        /others may read it \(mode 644\) and it belongs to user 0\..*chmod 600/,
      );
    });
  });
});

test('a reader reads while a writer writes, and can write nothing itself', () => {
  const path = journalPath();
  const journal = openedJournal(path);
  const reader = openJournalReader({ path });
  onTestFinished(() => reader.close());
  journal.audit.start(call('c-1'));

  expect(reader.audit.query({ limit: 9 }).total).toBe(1);
  journal.audit.start(call('c-2'));
  expect(reader.audit.query({ limit: 9 }).total).toBe(2);
});
