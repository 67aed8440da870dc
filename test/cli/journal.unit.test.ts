import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { journalCommand } from '../../src/cli/journal.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import { spawnChild } from '../journal/children.ts';
import {
  handClock,
  journalPath,
  openedJournal,
  temporaryFolder,
  writingJournal,
} from '../journal/support.ts';
import { call, NOON, step, transaction } from '../journal/support-rows.ts';

const DAY = 86_400_000;

function run(path: string, args: readonly string[], now = NOON) {
  let stdout = '';
  let stderr = '';
  let code = 0;
  journalCommand({
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    exit: (value) => {
      code = value;
    },
    clock: handClock(now),
    actor: { client: 'cli', principal: 'ann', session: 'cli-1' },
    newCall: () => randomUUID(),
    journalPath: () => path,
  }).parse(args, { from: 'user' });
  return { stdout, stderr, code };
}

/** A journal with one committed transaction at noon. */
function withTransaction() {
  const { journal, path, epoch } = writingJournal();
  journal.audit.start(call('c-1'));
  const { id } = journal.transactions.create(transaction({ epoch }));
  journal.transactions.addStep(step({ transaction: id }), { pre: Buffer.from('pre') }, epoch);
  journal.transactions.move(id, ['OPEN'], 'COMMITTED', epoch, { closedAt: NOON });
  journal.lock.release();
  return { journal, path, id };
}

test('status says what is there, as text and as JSON', () => {
  const { path } = withTransaction();
  const { stdout, code } = run(path, ['status']);
  expect(code).toBe(0);
  expect(stdout).toContain(path);
  expect(stdout).toMatch(/^oldest row +2026-03-01 12:00:00Z$/m);
  const json = JSON.parse(run(path, ['status', '--json']).stdout);
  expect(json).toMatchObject({ transactions: 1, unfinished: [], oldestAt: NOON });
});

test('a journal that is not there is an error and is not made', () => {
  const path = journalPath();
  for (const args of [['status'], ['prune', '--older-than', '1d'], ['vacuum'], ['backup', 'x']]) {
    const { stderr, code } = run(path, args);
    expect(code).toBe(1);
    expect(stderr).toContain('There is no journal at');
  }
  expect(existsSync(path)).toBe(false);
});

test('prune: the dry run says it, the run does it and the audit log says who', () => {
  const { path, journal, id } = withTransaction();
  const later = NOON + 100 * DAY;
  const args = ['prune', '--older-than', '90d'];
  expect(run(path, [...args, '--dry-run'], later).stdout).toContain(`1 transactions (${id})`);
  expect(journal.transactions.get(id)).toBeDefined();
  expect(run(path, [...args, '--keep-transactions', '1'], later).stdout).toContain(`${id} stays`);
  expect(journal.transactions.get(id)).toBeDefined();

  expect(run(path, args, later).stdout).toMatch(/^Removed \d+ audit rows and 1 transactions/);
  expect(journal.transactions.get(id)).toBeUndefined();
  expect(journal.audit.query({ limit: 9, kinds: ['server'] }).rows[0]).toMatchObject({
    client: 'cli',
    principal: 'ann',
    detail: { event: 'pruned' },
  });
  expect(journal.audit.verify()).toMatchObject({ ok: true });
  expect(run(path, args, later).stdout).toBe('Nothing to prune.\n');
});

test('prune refuses a moment that is not over, and slips of the tongue', () => {
  const { path } = withTransaction();
  expect(run(path, ['prune', '--older-than', '2030-01-01']).stderr).toContain('in the future');
});

test('vacuum makes the file smaller, and waits for nobody who is in the middle of something', () => {
  const { path, journal } = withTransaction();
  for (let i = 0; i < 200; i += 1) {
    journal.audit.start(call(`big-${i}`, { args: { text: 'x'.repeat(4_000) } }));
  }
  run(path, ['prune', '--older-than', '1d'], NOON + 3 * DAY);
  run(path, ['vacuum']);
  expect(statSync(path).size).toBeLessThan(400_000);
  expect(journal.audit.verify()).toMatchObject({ ok: true });

  const lock = journal.lock.acquire();
  journal.transactions.create(transaction({ epoch: lock.kind === 'held' ? lock.epoch : 0 }));
  const refused = run(path, ['vacuum']);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('under way') });
});

test('backup while another process writes: the copy opens, verifies and has what came before', async () => {
  const { path, id } = withTransaction();
  const child = spawnChild(['append', path, 'endless']);
  await child.line(20);
  const before = [...child.lines];
  const file = join(temporaryFolder(), 'copy.db');
  const { stdout, code } = run(path, ['backup', file]);
  expect(code).toBe(0);
  expect(stdout).toContain('verified');
  expect(stdout).toContain('The sealing key is not in it');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(existsSync(`${file}.key`)).toBe(false);
  await child.line(before.length + 20);

  const copy = openJournalReader({ path: file });
  expect(copy.audit.verify()).toMatchObject({ ok: true });
  expect(copy.transactions.get(id)?.state).toBe('COMMITTED');
  const calls = new Set([...copy.audit.export({})].map((row) => row.call));
  expect(before.filter((one) => !calls.has(one))).toEqual([]);
  copy.close();
});

test('a backup with the key is a journal whose images open; without it they do not', () => {
  const { path, id } = withTransaction();
  const folder = temporaryFolder();
  const [whole, sealed] = [join(folder, 'whole.db'), join(folder, 'sealed.db')];
  expect(run(path, ['backup', whole, '--with-key']).stdout).toContain('Keep them apart');
  expect(run(path, ['backup', sealed]).code).toBe(0);
  expect(statSync(`${whole}.key`).mode & 0o777).toBe(0o600);
  expect(openedJournal(whole).transactions.image(id, 1, 'pre')?.toString()).toBe('pre');
  expect(() => openedJournal(sealed).transactions.image(id, 1, 'pre')).toThrow('another key');
});

test('a backup never overwrites, and leaves nothing behind when it fails', () => {
  const { path } = withTransaction();
  const file = join(temporaryFolder(), 'precious');
  writeFileSync(file, 'mine');
  expect(run(path, ['backup', file]).stderr).toContain('already');
  expect(readFileSync(file, 'utf8')).toBe('mine');
  const nowhere = join(temporaryFolder(), 'no', 'folder', 'copy.db');
  expect(run(path, ['backup', nowhere]).code).toBe(1);
});
