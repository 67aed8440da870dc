import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { spawnChild } from './children.ts';
import { journalPath, openedJournal, temporaryFolder } from './support.ts';

/** Crash points of `child.ts write`, in order, and what the journal must hold after each. */
const BOUNDARIES: [point: string, txn: string | undefined, step: string | undefined][] = [
  ['journal.create.before', undefined, undefined],
  ['journal.create.after', 'OPEN', undefined],
  ['journal.addStep.before', 'OPEN', undefined],
  ['journal.addStep.after', 'OPEN', 'INTENT'],
  ['journal.moveStep.APPLIED.before', 'OPEN', 'INTENT'],
  ['journal.moveStep.APPLIED.after', 'OPEN', 'APPLIED'],
  ['journal.update.before', 'OPEN', 'APPLIED'],
  ['journal.update.after', 'OPEN', 'APPLIED'],
  ['journal.move.COMMIT_DECIDED.before', 'OPEN', 'APPLIED'],
  ['journal.move.COMMIT_DECIDED.after', 'COMMIT_DECIDED', 'APPLIED'],
];

test('the crash points of a guarded write are these', async () => {
  const log = join(temporaryFolder(), 'hits');
  await spawnChild(['write', journalPath()], { STRATUS_CRASHPOINT_LOG: log }).ended;

  const points = readFileSync(log, 'utf8').trim().split('\n');
  // Those of opening, locking and closing are around them.
  const around = /^journal\.(migrate|keyId|lock|unlock)\./;
  expect(points.filter((point) => !around.test(point))).toEqual(BOUNDARIES.map(([point]) => point));
});

test.each(BOUNDARIES)(
  'killed at %s, the journal holds txn %s, step %s',
  async (point, txn, step) => {
    const path = journalPath();
    const child = spawnChild(['write', path], { STRATUS_CRASHPOINT: point });
    await child.ended;

    expect(child.process.signalCode).toBe('SIGKILL');
    const { transactions, audit, lock } = openedJournal(path);
    expect(transactions.get('txn-1')?.state).toBe(txn);
    expect(transactions.steps('txn-1').map((row) => row.state)).toEqual(step ? [step] : []);
    expect(transactions.image('txn-1', 1, 'post')?.toString()).toBe(
      step === 'APPLIED' ? 'post' : undefined,
    );
    expect(audit.verify()).toMatchObject({ ok: true });
    expect(lock.acquire()).toEqual({ kind: 'held', epoch: 2 });
  },
);

test('a crash point waits for its occurrence, and others leave the process alone', async () => {
  const path = journalPath();
  const env = { STRATUS_CRASHPOINT: 'journal.create.after:2' };
  const child = spawnChild(['write', path], env);
  await child.ended;

  expect(child.process.signalCode).toBeNull();
  expect(child.lines.at(-1)).toBe('COMMIT_DECIDED');
  expect(existsSync(path)).toBe(true);
});
