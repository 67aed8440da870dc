import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/core/log.ts';
import { openJournal } from '../../src/journal/open.ts';
import { createRuntime } from '../../src/server/create-runtime.ts';
import { retain } from '../../src/server/retain.ts';
import { handClock } from '../journal/support.ts';
import { call, transaction } from '../journal/support-rows.ts';
import { temporaryFolder } from './support.ts';

const DAY = 86_400_000;
const PACE = { startMs: 0, everyMs: 20, restMs: 0, busyMs: 5, rows: 7, mostRows: 50 };

/** A journal with calls of a year and more ago, and of today. */
function oldJournal(open: boolean) {
  const path = join(temporaryFolder(), 'journal.db');
  const clock = handClock(Date.now() - 400 * DAY);
  const journal = openJournal({ path, env: {}, clock });
  for (let i = 0; i < 120; i += 1) journal.audit.start(call(`old-${i}`));
  clock.advance(400 * DAY);
  for (let i = 0; i < 10; i += 1) journal.audit.start(call(`new-${i}`));
  const lock = journal.lock.acquire();
  const epoch = lock.kind === 'held' ? lock.epoch : 0;
  const openedAt = Date.now();
  const txn = open ? journal.transactions.create(transaction({ epoch, openedAt })).id : '';
  onTestFinished(() => journal.close());
  return { path, journal, txn, epoch };
}

async function running(journal: string, days: number) {
  const config = {
    ...{ policy: 'read-only', journal, retainDays: days },
    ...{ readOnly: true, logLevel: 'silent' as const, lease: 'off' as const, fence: false },
  };
  const runtime = await createRuntime(config, createLog('silent'));
  const work = retain(runtime, days, PACE);
  onTestFinished(async () => {
    await runtime.close(0);
    await work;
  });
}

const oldRows = (journal: ReturnType<typeof oldJournal>['journal']) =>
  [...journal.audit.export({})].filter((row) => row.call?.startsWith('old-')).length;

test('what is older than the days goes in the background, what is younger stays', async () => {
  const { path, journal } = oldJournal(false);
  await running(path, 365);
  await expect.poll(() => oldRows(journal), { timeout: 10_000 }).toBe(0);
  const left = [...journal.audit.export({})].map((row) => row.call);
  expect(left).toEqual(expect.arrayContaining(['new-0', 'new-9']));
  expect(journal.audit.verify()).toMatchObject({ ok: true, pruned: { rows: 120 } });
  const [note] = journal.audit.query({ limit: 1, kinds: ['server'] }).rows;
  expect(note).toMatchObject({ client: 'stratus-mcp', tool: 'retention' });
});

test('nothing goes while a transaction is under way, and it goes on after that', async () => {
  const { path, journal, txn, epoch } = oldJournal(true);
  await running(path, 365);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(oldRows(journal)).toBe(120);
  journal.transactions.move(txn, ['OPEN'], 'ABORTED', epoch, { closedAt: Date.now() });
  await expect.poll(() => oldRows(journal), { timeout: 10_000 }).toBe(0);
});

test('0 days keep everything', async () => {
  const { path, journal } = oldJournal(false);
  await running(path, 0);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(oldRows(journal)).toBe(120);
});
