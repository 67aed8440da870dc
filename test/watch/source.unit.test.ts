import { renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openSource } from '../../src/cli/watch/source.ts';
import { handClock, journalPath, openedJournal, writingJournal } from '../journal/support.ts';
import { call, NOON, step, transaction } from '../journal/support-rows.ts';

test('reads only what somebody wrote meanwhile', () => {
  const clock = handClock();
  const { journal, path, epoch } = writingJournal({ clock });
  journal.lock.release();
  const source = openSource(path, clock);
  expect(source.poll()).toBe(true);
  expect(source.state).toMatchObject({ transactions: [], calls: [], writer: undefined });
  expect(source.poll()).toBe(false);
  clock.advance(60_000);
  expect(source.poll()).toBe(false);
  journal.audit.start(call('c-1'));
  expect(source.poll()).toBe(true);
  expect(source.state?.calls).toMatchObject([{ call: 'c-1', outcome: 'running' }]);
  journal.audit.end({ call: 'c-1', decision: 'allow', outcome: 'ok', durationMs: 7 });
  expect(source.poll()).toBe(true);
  expect(source.state?.calls).toMatchObject([
    { call: 'c-1', outcome: 'ok', durationMs: 7, args: { namespace: 'shop' } },
  ]);
  expect(epoch).toBeGreaterThan(0);
  source.close();
});

test('a transaction with what it used and its severity; unknown stays unknown', () => {
  const clock = handClock();
  const { journal, path, epoch } = writingJournal({ clock });
  const before = { severity: 12, unknowns: [] };
  const { id } = journal.transactions.create(transaction({ epoch, before }));
  journal.transactions.addStep(step({ transaction: id, seq: 1, command: 1 }), {}, epoch);
  journal.transactions.addStep(step({ transaction: id, seq: 2, command: 2 }), {}, epoch);
  const sample = { transaction: id, phase: 'settle' as const, at: NOON, violations: [{}] };
  journal.transactions.addSample({ ...sample, severity: 4, unknowns: [] });
  const source = openSource(path, clock);
  source.poll();
  expect(source.state?.transactions).toMatchObject([
    { id, baseline: 12, now: 4, commands: { used: 2, of: 5 }, objects: { used: 1, of: undefined } },
  ]);
  expect(source.state?.writer).toMatchObject({ pid: process.pid, alive: true });
  journal.transactions.addSample({ ...sample, severity: 0, unknowns: ['pods'] });
  source.poll();
  expect(source.state?.transactions).toMatchObject([{ baseline: 12, now: 'unknown' }]);
  source.close();
});

test('a journal that is missing, goes away or is another one is said, and tried again', () => {
  const clock = handClock();
  const path = journalPath();
  const source = openSource(path, clock);
  expect(source.poll()).toBe(true);
  expect(source.trouble).toContain('There is no journal at');
  expect(source.state).toBe(undefined);
  const journal = openedJournal(path, { clock });
  journal.audit.start(call('c-1'));
  // Not at once again: a file that can't be opened is not hammered at.
  expect(source.poll()).toBe(false);
  clock.advance(1_000);
  expect(source.poll()).toBe(true);
  expect(source.trouble).toBe(undefined);
  expect(source.state?.calls.length).toBe(1);
  journal.close();

  renameSync(path, `${path}.away`);
  expect(source.poll()).toBe(true);
  expect(source.trouble).toContain('was deleted or replaced');
  expect(source.state?.calls.length).toBe(1);
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  openedJournal(path, { clock });
  clock.advance(10_000);
  expect(source.poll()).toBe(true);
  expect(source.trouble).toBe(undefined);
  expect(source.state?.calls).toEqual([]);
  source.close();
});
