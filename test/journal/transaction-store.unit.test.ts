import { LosslessNumber } from 'lossless-json';
import { describe, expect, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import type { StepFilter } from '../../src/journal/types.ts';
import { openedJournal, writingJournal } from './support.ts';
import { NOON, step, transaction } from './support-rows.ts';

/** A journal with an open transaction `txn-1` that has one step. */
function opened() {
  const { journal, path, epoch } = writingJournal();
  const { transactions } = journal;
  transactions.create(transaction({ epoch }));
  transactions.addStep(step(), { pre: Buffer.from('pre') }, epoch);
  return { journal, path, epoch, transactions };
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof StratusError) return thrown.code;
    throw thrown;
  }
  return 'nothing thrown';
}

describe('a transaction', () => {
  test('comes back as it was written, large numbers included', () => {
    const { journal, path, epoch } = writingJournal();
    const full = transaction({
      ...{ epoch, decidedAt: NOON + 1, closedAt: NOON + 2, outcome: 'done' },
      before: { severity: 20.5, violations: [{ id: 'a|b|c' }] },
      bounds: { big: new LosslessNumber('9007199254740993') },
      declaredReductions: [{ object: 'Deployment/shop/legacy', reason: 'retired' }],
    });
    const created = journal.transactions.create(full);
    journal.close();

    expect(created).toEqual({ ...full, id: 'txn-1' });
    expect(openedJournal(path).transactions.get('txn-1')).toEqual({ ...full, id: 'txn-1' });
  });

  test.each(['txn-2', 'txn-0', 'txn-1 ', 'txn-01', '1', '', 'txn-1e3'])(
    'is not found by %j',
    (id) => {
      expect(opened().transactions.get(id)).toBeUndefined();
    },
  );

  test('moves only from the states that were named, and only once', () => {
    const { transactions, epoch } = opened();

    expect(transactions.move('txn-1', ['SETTLING'], 'COMMIT_DECIDED', epoch)).toBe(false);
    expect(transactions.move('txn-1', [], 'ABORTING', epoch)).toBe(false);
    expect(transactions.move('txn-9', ['OPEN'], 'ABORTING', epoch)).toBe(false);
    expect(transactions.get('txn-1')?.state).toBe('OPEN');
    expect(transactions.move('txn-1', ['OPEN', 'SETTLING'], 'ABORTING', epoch)).toBe(true);
    expect(transactions.move('txn-1', ['OPEN', 'SETTLING'], 'ABORTING', epoch)).toBe(false);
  });

  test('takes fields along with a move, and the audit log the change', () => {
    const { transactions, epoch, journal } = opened();
    const verdict = { pass: true, severityBefore: 20, severityAfter: 0, summary: 'Healed.' };

    transactions.move('txn-1', ['OPEN'], 'COMMITTED', epoch, { closedAt: NOON + 5, verdict });

    expect(transactions.get('txn-1')).toMatchObject({
      state: 'COMMITTED',
      closedAt: NOON + 5,
      verdict,
    });
    expect(journal.audit.story('txn-1').at(-1)).toMatchObject({
      kind: 'transaction',
      detail: { from: 'OPEN', to: 'COMMITTED', verdict },
    });
  });

  test('is updated without changing its state', () => {
    const { transactions, epoch } = opened();

    expect(transactions.update('txn-1', epoch, { afterUndo: { severity: 3 } })).toBe(true);

    expect(transactions.get('txn-1')).toMatchObject({ state: 'OPEN', afterUndo: { severity: 3 } });
    expect(transactions.update('txn-9', epoch, { outcome: 'x' })).toBe(false);
  });

  test('is listed newest first, by state and page', () => {
    const { transactions, epoch } = opened();
    for (let i = 0; i < 4; i += 1) transactions.create(transaction({ epoch }));
    transactions.move('txn-3', ['OPEN'], 'ABORTED', epoch);
    const ids = (filter: Parameters<typeof transactions.list>[0]) => {
      const { rows, total } = transactions.list(filter);
      return [rows.map((row) => row.id).join(' '), total];
    };

    expect(ids({ limit: 2 })).toEqual(['txn-5 txn-4', 5]);
    expect(ids({ limit: 2, offset: 2 })).toEqual(['txn-3 txn-2', 5]);
    expect(ids({ limit: 9, states: ['OPEN'] })).toEqual(['txn-5 txn-4 txn-2 txn-1', 4]);
    expect(ids({ limit: 9, states: ['ABORTED', 'COMMITTED'] })).toEqual(['txn-3', 1]);
    expect(ids({ limit: 9, states: [] })).toEqual(['', 0]);
  });
});

describe('a step', () => {
  test('comes back as it was written', () => {
    const { transactions, epoch } = opened();
    const second = step({
      ...{ seq: 2, command: 2, verb: 'create', namespace: null, sentAt: NOON, httpStatus: 201 },
      ...{ residual: ['a sentence', { path: 'x' }], conflicts: [{ path: 'y', now: null }] },
    });

    transactions.addStep(second, {}, epoch);

    expect(transactions.steps('txn-1')).toEqual([step(), second]);
    expect(transactions.steps('txn-2')).toEqual([]);
  });

  test('moves only from the states that were named; its images move with it', () => {
    const { transactions, epoch } = opened();
    const post = Buffer.from('post');

    expect(transactions.moveStep('txn-1', 1, ['APPLIED'], 'VERIFIED', epoch, {}, { post })).toBe(
      false,
    );
    expect(transactions.image('txn-1', 1, 'post')).toBeUndefined();
    expect(
      transactions.moveStep(
        'txn-1',
        1,
        ['INTENT'],
        'APPLIED',
        epoch,
        { httpStatus: 200 },
        { post },
      ),
    ).toBe(true);
    expect(transactions.steps('txn-1')).toMatchObject([{ state: 'APPLIED', httpStatus: 200 }]);
    expect(transactions.image('txn-1', 1, 'post')).toEqual(post);
    expect(transactions.moveStep('txn-1', 2, ['INTENT'], 'APPLIED', epoch)).toBe(false);
  });

  test('is found by its object and by the states it is not in', () => {
    const { transactions, epoch } = opened();
    const more = [
      step({ seq: 2, kind: 'Service' }),
      step({ seq: 3, name: 'cart', state: 'VERIFIED' }),
      step({ seq: 4, state: 'REJECTED' }),
    ];
    for (const row of more) transactions.addStep(row, {}, epoch);
    const found = (filter: StepFilter) => transactions.steps('txn-1', filter).map((s) => s.seq);

    expect(found({})).toEqual([1, 2, 3, 4]);
    expect(found({ kind: 'Deployment', name: 'catalog' })).toEqual([1, 4]);
    expect(found({ notIn: ['VERIFIED', 'REJECTED'] })).toEqual([1, 2]);
    expect(found({ name: 'catalog', notIn: ['INTENT'] })).toEqual([4]);
    expect(transactions.steps('txn-1', { kind: 'Service' })).toEqual([more[0]]);
  });

  test('is refused whole when its number or intent is taken', () => {
    const { transactions, epoch, journal } = opened();
    const rows = journal.audit.query({ limit: 1 }).total;

    expect(codeOf(() => transactions.addStep(step({ intentId: 'other' }), {}, epoch))).toBe(
      'internal',
    );
    expect(
      codeOf(() => transactions.addStep(step({ seq: 2, intentId: 'txn-1-1' }), {}, epoch)),
    ).toBe('internal');
    expect(codeOf(() => transactions.addStep(step({ transaction: 'txn-7' }), {}, epoch))).toBe(
      'transaction_not_found',
    );
    expect(transactions.steps('txn-1')).toHaveLength(1);
    expect(journal.audit.query({ limit: 1 }).total).toBe(rows);
  });

  test('leaves its way in the audit log, in order', () => {
    const { transactions, epoch, journal } = opened();
    transactions.moveStep('txn-1', 1, ['INTENT'], 'REJECTED', epoch, {
      ...{ httpStatus: 422, error: 'Invalid value' },
    });

    const steps = journal.audit.story('txn-1').filter((row) => row.kind === 'step');
    expect(steps).toMatchObject([
      { object: 'Deployment/catalog', namespace: 'shop', detail: { to: 'INTENT', verb: 'patch' } },
      {
        detail: { seq: 1, from: 'INTENT', to: 'REJECTED', httpStatus: 422, error: 'Invalid value' },
      },
    ]);
  });
});

describe('once another writer took over', () => {
  function overtaken() {
    const { journal, path, epoch, transactions } = opened();
    journal.lock.release();
    const next = openedJournal(path);
    const lock = next.lock.acquire();
    if (lock.kind === 'busy') throw new Error('The lock was not released.');
    return { old: transactions, epoch, next, nextEpoch: lock.epoch };
  }

  test('the old one can write nothing of a transaction any more', () => {
    const { old, epoch, next } = overtaken();
    const before = [next.transactions.get('txn-1'), next.transactions.steps('txn-1')];

    expect(codeOf(() => old.create(transaction({ epoch })))).toBe('writer_busy');
    expect(codeOf(() => old.addStep(step({ seq: 2 }), {}, epoch))).toBe('writer_busy');
    expect(codeOf(() => old.adopt('txn-1', epoch))).toBe('writer_busy');
    expect(old.move('txn-1', ['OPEN'], 'COMMIT_DECIDED', epoch)).toBe(false);
    expect(old.update('txn-1', epoch, { outcome: 'mine' })).toBe(false);
    expect(old.moveStep('txn-1', 1, ['INTENT'], 'APPLIED', epoch)).toBe(false);

    expect([next.transactions.get('txn-1'), next.transactions.steps('txn-1')]).toEqual(before);
    expect(next.transactions.list({ limit: 9 }).total).toBe(1);
    expect(next.audit.verify()).toMatchObject({ ok: true, rows: 2 });
  });

  test('the new one adopts what was left and goes on with it', () => {
    const { next, nextEpoch } = overtaken();

    next.transactions.adopt('txn-1', nextEpoch);

    expect(next.transactions.get('txn-1')).toMatchObject({ epoch: nextEpoch, state: 'OPEN' });
    expect(next.transactions.move('txn-1', ['OPEN'], 'ABORTING', nextEpoch)).toBe(true);
    expect(codeOf(() => next.transactions.adopt('txn-9', nextEpoch))).toBe('transaction_not_found');
  });
});

test('samples come back in the order they were taken', () => {
  const { transactions } = opened();
  const sample = { transaction: 'txn-1', violations: [{ id: 'v' }], unknowns: ['nodes'] };
  const first = { ...sample, phase: 'before' as const, at: NOON, severity: 20 };
  const second = { ...sample, phase: 'settle' as const, at: NOON, severity: 0.5 };
  transactions.addSample(first);
  transactions.addSample(second);

  expect(transactions.samples('txn-1')).toEqual([first, second]);
  expect(codeOf(() => transactions.addSample({ ...first, transaction: 'txn-9' }))).toBe(
    'transaction_not_found',
  );
});
