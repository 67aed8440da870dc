import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../src/journal/sqlite.ts';
import { TransactionState } from '../../src/journal/types.ts';
import { openedJournal, writingJournal } from './support.ts';
import { step, transaction } from './support-rows.ts';

const CANARY = 'hunter2-canary-5f1c';

/** A journal with one transaction whose step has a sealed pre-image; closed. */
function sealed(state: TransactionState = 'OPEN', env: NodeJS.ProcessEnv = {}): string {
  const { journal, path, epoch } = writingJournal({ env });
  const { id } = journal.transactions.create(transaction({ epoch }));
  const pre = Buffer.from(`{"password":"${CANARY}"}`);
  journal.transactions.addStep(step({ transaction: id }), { pre }, epoch);
  if (state !== 'OPEN') journal.transactions.move(id, ['OPEN'], state, epoch);
  journal.close();
  return path;
}

function raw(path: string): Sqlite.Database {
  const sql = openSqlite(path);
  onTestFinished(() => {
    sql.close();
  });
  return sql;
}

describe('sealed images', () => {
  test('come back byte for byte, after a restart too', () => {
    const { journal, path, epoch } = writingJournal();
    const { id } = journal.transactions.create(transaction({ epoch }));
    const pre = randomBytes(100_000);
    journal.transactions.addStep(
      step({ transaction: id }),
      { pre, request: Buffer.alloc(0) },
      epoch,
    );
    journal.transactions.moveStep(
      id,
      1,
      ['INTENT'],
      'APPLIED',
      epoch,
      {},
      { post: Buffer.from('p') },
    );
    journal.transactions.moveStep(
      id,
      1,
      ['APPLIED'],
      'VERIFIED',
      epoch,
      {},
      { post: Buffer.from('q') },
    );
    journal.close();

    const { transactions } = openedJournal(path);
    expect(transactions.image(id, 1, 'pre')?.equals(pre)).toBe(true);
    expect(transactions.image(id, 1, 'request')).toEqual(Buffer.alloc(0));
    expect(transactions.image(id, 1, 'post')?.toString()).toBe('q');
    expect(transactions.image(id, 1, 'undo')).toBeUndefined();
    expect(transactions.image('txn-9', 1, 'pre')).toBeUndefined();
  });

  test('leave no plain text in any file of the journal', () => {
    const { journal, path, epoch } = writingJournal();
    const { id } = journal.transactions.create(transaction({ epoch, reason: 'visible-reason' }));
    const image = Buffer.from(CANARY);
    journal.transactions.addStep(step({ transaction: id }), { pre: image, request: image }, epoch);
    journal.transactions.moveStep(id, 1, ['INTENT'], 'APPLIED', epoch, {}, { post: image });
    // Reading drops the locks of SQLite in this process; nobody else has this journal open.
    const files = () =>
      readdirSync(dirname(path)).map((file) => readFileSync(join(dirname(path), file)));
    const whileOpen = files();
    journal.close();

    for (const bytes of [...whileOpen, ...files()]) expect(bytes.includes(CANARY)).toBe(false);
    expect(whileOpen.some((bytes) => bytes.includes('visible-reason'))).toBe(true);
  });

  test('are never sealed twice into the same bytes', () => {
    const path = sealed();
    const journal = openedJournal(path);
    const lock = journal.lock.acquire();
    const epoch = lock.kind === 'held' ? lock.epoch : 0;
    const pre = Buffer.from(`{"password":"${CANARY}"}`);
    journal.transactions.addStep(step({ transaction: 'txn-1', seq: 2 }), { pre }, epoch);

    const rows = raw(path).prepare<[], { sealed: Buffer }>('SELECT sealed FROM image').all();
    expect(new Set(rows.map((row) => row.sealed.toString('hex'))).size).toBe(2);
  });

  test.each([
    ['the bytes are changed', `UPDATE image SET sealed = zeroblob(length(sealed))`],
    ['they are cut', 'UPDATE image SET sealed = substr(sealed, 1, 20)'],
    ['they are passed off as another image', `UPDATE image SET name = 'post'`],
    ['the object of the step is changed', `UPDATE step SET name = 'other'`],
    ['the data key is destroyed', 'DELETE FROM data_key'],
    ['the data key is changed', 'UPDATE data_key SET sealed = randomblob(length(sealed))'],
  ])('are not opened when %s', (_what, sql) => {
    const path = sealed();
    raw(path).exec(sql);
    const { transactions } = openedJournal(path);

    const open = () =>
      transactions.image('txn-1', 1, 'pre') ?? transactions.image('txn-1', 1, 'post');
    expect(open).toThrow(/The images of txn-1 can't be opened/);
  });
});

describe('the key of the journal', () => {
  const unfinished = Object.values(TransactionState).filter(
    (state) => !['COMMITTED', 'ABORTED', 'UNDONE'].includes(state),
  );

  test.each(unfinished)('must be there while a transaction is %s', (state) => {
    const path = sealed(state);
    renameSync(`${path}.key`, `${path}.lost`);

    expect(() => openedJournal(path)).toThrow(/The key of the journal .* is missing, and txn-1/);

    renameSync(`${path}.lost`, `${path}.key`);
    expect(openedJournal(path).transactions.image('txn-1', 1, 'pre')?.includes(CANARY)).toBe(true);
  });

  test('must be the right one while a transaction is unfinished', () => {
    const path = sealed();
    const env = { STRATUS_JOURNAL_KEY: randomBytes(32).toString('base64') };

    expect(() => openedJournal(path, { env })).toThrow(/doesn't fit, and txn-1 can't be undone/);
  });

  test('may be lost once all is finished: old images stay shut, new ones work', () => {
    const path = sealed('COMMITTED');
    rmSync(`${path}.key`);

    const { journal, epoch } = writingJournal({ path });
    expect(() => journal.transactions.image('txn-1', 1, 'pre')).toThrow(/sealed with another key/);
    const { id } = journal.transactions.create(transaction({ epoch }));
    journal.transactions.addStep(step({ transaction: id }), { pre: Buffer.from('new') }, epoch);
    expect(journal.transactions.image(id, 1, 'pre')?.toString()).toBe('new');
  });

  test('can come from the environment; then no file is made', () => {
    const env = { STRATUS_JOURNAL_KEY: randomBytes(32).toString('base64') };
    const path = sealed('OPEN', env);

    expect(readdirSync(dirname(path))).not.toContain('journal.db.key');
    expect(() => openedJournal(path)).toThrow(/is missing/);
    const { transactions } = openedJournal(path, { env });
    expect(transactions.image('txn-1', 1, 'pre')?.includes(CANARY)).toBe(true);
  });

  test('that others may read is closed to them', () => {
    const path = sealed();
    chmodSync(`${path}.key`, 0o644);

    openedJournal(path);

    expect(readdirSync(dirname(path))).toContain('journal.db.key');
  });

  test.each([
    [
      'in the environment',
      { STRATUS_JOURNAL_KEY: 'c2hvcnQ=' },
      /STRATUS_JOURNAL_KEY is not 32 bytes/,
    ],
    ['in the file', {}, /The key file .* doesn't hold 32 bytes/],
  ])('that is malformed %s is a refusal', (_where, env, reason) => {
    const path = sealed('COMMITTED');
    writeFileSync(`${path}.key`, 'short\n');

    expect(() => openedJournal(path, { env })).toThrow(reason);
  });
});
