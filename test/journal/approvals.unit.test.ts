import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApprovalStore, NewApproval } from '../../src/journal/approval-types.ts';
import { openSqlite } from '../../src/journal/sqlite.ts';
import type { Journal } from '../../src/journal/types.ts';
import { handClock, journalPath, openedJournal } from './support.ts';
import { call } from './support-rows.ts';

const MINUTE = 60_000;
const PLAN = Buffer.from('what a person is shown');

function question({ approvals }: Journal, more: Partial<NewApproval> = {}): NewApproval {
  return {
    digest: approvals.digestOf('the plan'),
    subject: approvals.digestOf('its objects'),
    ...{ client: 'claude-code', user: 'alice', actor: 'claude-code 2.1 (alice)', call: 'call-1' },
    ...{ tool: 'mitigate_scale', kind: 'ask', rule: 'ask-first', summary: 'scale web to 5' },
    ...{ reason: 'load', transaction: 'txn-7', decideMs: 15 * MINUTE, useMs: 10 * MINUTE },
    ...more,
  };
}

const by = { by: 'bob', with: 'command line', call: 'call-2' } as const;

function opened() {
  const clock = handClock();
  const path = journalPath();
  const journal = openedJournal(path, { clock });
  return { clock, path, journal, approvals: journal.approvals };
}

describe('an approval', () => {
  test('is asked for once, decided once, used once', () => {
    const { journal, approvals } = opened();
    journal.audit.start(call('call-1'));
    const asked = approvals.request(question(journal), PLAN);
    expect(asked).toMatchObject({ id: 'approval-1', state: 'WAITING' });
    expect(approvals.request(question(journal), PLAN).id).toBe('approval-1');
    expect(approvals.plan('approval-1')).toEqual(PLAN);
    expect(approvals.use('approval-1', { call: 'call-3' })).toBe(false);
    expect(approvals.decide('approval-1', { to: 'APPROVED', ...by, note: 'go' })).toBe(true);
    expect(approvals.decide('approval-1', { to: 'REFUSED', ...by })).toBe(false);
    expect(approvals.use('approval-1', { call: 'call-3' })).toBe(true);
    expect(approvals.use('approval-1', { call: 'call-4' })).toBe(false);
    expect(approvals.find(asked.digest, asked)).toMatchObject({ state: 'USED', decidedBy: 'bob' });
    const rows = journal.audit.query({ kinds: ['policy'], limit: 9 }).rows.toReversed();
    expect(rows.map(({ outcome, decision, rule }) => [outcome, decision, rule])).toEqual(
      ['WAITING', 'APPROVED', 'USED'].map((state) => [state, 'ask', 'ask-first']),
    );
    expect(rows[1]?.detail).toMatchObject({
      approval: 'approval-1',
      decided_by: 'bob',
      note: 'go',
    });
    expect(journal.audit.verify()).toMatchObject({ ok: true });
  });

  test('is of one client of one person', () => {
    const { journal, approvals } = opened();
    const { digest } = approvals.request(question(journal), PLAN);
    for (const other of [
      { client: 'claude-code', user: 'mallory' },
      { client: 'gemini-cli', user: 'alice' },
    ]) {
      expect(approvals.find(digest, other)).toBeUndefined();
    }
  });

  test('is over in time, before and after the decision, and with a clock set back', () => {
    const { journal, approvals, clock } = opened();
    approvals.request(question(journal), PLAN);
    clock.advance(15 * MINUTE);
    expect(approvals.get('approval-1')?.state).toBe('EXPIRED');
    expect(approvals.decide('approval-1', { to: 'APPROVED', ...by })).toBe(false);
    const second = approvals.request(question(journal), PLAN);
    expect(second.id).toBe('approval-2');
    approvals.decide(second.id, { to: 'APPROVED', ...by });
    clock.advance(-2 * MINUTE);
    expect(approvals.use(second.id, { call: 'call-3' })).toBe(false);
    clock.advance(12 * MINUTE);
    expect(approvals.use(second.id, { call: 'call-3' })).toBe(false);
    approvals.expire();
    const outcomes = journal.audit
      .query({ kinds: ['policy'], limit: 9 })
      .rows.map((row) => row.outcome);
    expect(outcomes).toEqual(['EXPIRED', 'APPROVED', 'WAITING', 'EXPIRED', 'WAITING']);
  });

  test('goes when its transaction ends, or when the plan becomes another one', () => {
    const { journal, approvals } = opened();
    const ids = ['a', 'b'].map((plan) =>
      approvals.request(question(journal, { digest: approvals.digestOf(plan) }), PLAN),
    );
    const states = () => ids.map(({ id }) => approvals.get(id)?.state);
    expect(states()).toEqual(['CANCELLED', 'WAITING']);
    approvals.cancel('txn-8', 'txn-8 has ended');
    expect(states()).toEqual(['CANCELLED', 'WAITING']);
    approvals.cancel('txn-7', 'txn-7 has ended');
    expect(states()).toEqual(['CANCELLED', 'CANCELLED']);
  });

  test('has a digest that tells nothing to whoever can guess the plan', () => {
    const { journal, approvals } = opened();
    const plain = createHash('sha256').update('password=hunter2').digest('hex');
    expect(approvals.digestOf('password=hunter2')).not.toBe(plain);
    const elsewhere = openedJournal(journalPath());
    expect(elsewhere.approvals.digestOf('the plan')).not.toBe(approvals.digestOf('the plan'));
    expect(journal.approvals.digestOf('the plan')).toBe(approvals.digestOf('the plan'));
  });

  test('keeps its plan sealed, and can be changed by no other program', () => {
    const { journal, approvals, path } = opened();
    approvals.request(question(journal), PLAN);
    const other = openSqlite(path, { timeout: 1000, fileMustExist: true });
    try {
      other.pragma('wal_checkpoint(TRUNCATE)');
      expect(readFileSync(path).includes(PLAN)).toBe(false);
      const forge = (set: string) => () => other.exec(`UPDATE approval SET ${set}`);
      expect(forge(`state = 'USED', used_at = 1, decided_by = 'x', use_by = 2`)).toThrow('go back');
      expect(forge(`digest = '${'0'.repeat(64)}'`)).toThrow('one plan');
      approvals.decide('approval-1', { to: 'REFUSED', ...by });
      expect(forge(`state = 'APPROVED', use_by = 9e15`)).toThrow('go back');
    } finally {
      other.close();
    }
  });
});

test('of several processes that use one approval, one may', () => {
  const { journal, approvals, path } = opened();
  const others = [1, 2, 3].map(() => openedJournal(path).approvals);
  approvals.request(question(journal), PLAN);
  approvals.decide('approval-1', { to: 'APPROVED', ...by });
  const used = [approvals, ...others].map((store) => store.use('approval-1', { call: 'call-3' }));
  expect(used).toEqual([true, false, false, false]);
});

/** Whatever is done in whatever order: nothing is used that nobody approved, and nothing twice. */
test('every history of an approval is a lawful one', () => {
  const acts: Record<string, (store: ApprovalStore) => boolean> = {
    approve: (store) => store.decide('approval-1', { to: 'APPROVED', ...by }),
    refuse: (store) => store.decide('approval-1', { to: 'REFUSED', ...by }),
    use: (store) => store.use('approval-1', { call: 'call-3' }),
  };
  const step = fc.oneof(fc.constantFrom(...Object.keys(acts)), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const clock = handClock();
      const journal = openedJournal(journalPath(), { clock });
      journal.approvals.request(question(journal), PLAN);
      let at = 0;
      let approvedAt: number | undefined;
      let closed = false;
      for (const one of steps) {
        if (typeof one === 'number') {
          clock.advance(one * MINUTE);
          at += one;
          continue;
        }
        const waits = approvedAt === undefined && !closed && at < 15;
        const usable = approvedAt !== undefined && !closed && at < approvedAt + 10;
        const landed = acts[one]?.(journal.approvals);
        expect(landed).toBe(one === 'use' ? usable : waits);
        if (!landed) continue;
        if (one === 'approve') approvedAt = at;
        else closed = true;
      }
      journal.close();
    }),
    { numRuns: 12 },
  );
});
