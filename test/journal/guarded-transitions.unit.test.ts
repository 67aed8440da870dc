import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import { openJournal } from '../../src/journal/open.ts';
import type { Journal } from '../../src/journal/types.ts';
import { StepState, TransactionState } from '../../src/journal/types.ts';
import { handClock, journalPath } from './support.ts';
import { step, transaction } from './support-rows.ts';

const writer = fc.constantFrom<0 | 1>(0, 1);
const txn = fc.integer({ min: 1, max: 3 }).map((key) => `txn-${key}`);
const txnState = fc.constantFrom(...Object.values(TransactionState));
const stepState = fc.constantFrom(...Object.values(StepState));
const seq = fc.integer({ min: 1, max: 2 });

/** What two writers may try, in any order, each with the last epoch it was given. */
const operation = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('acquire' as const), writer }) },
  fc.record({ do: fc.constant('release' as const), writer }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('create' as const), writer }) },
  fc.record({ do: fc.constant('adopt' as const), writer, txn }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('addStep' as const), writer, txn, seq }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant('move' as const), writer, txn },
      ...{ from: fc.uniqueArray(txnState, { maxLength: 9 }), to: txnState },
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ do: fc.constant('moveStep' as const), writer, txn, seq },
      ...{ from: fc.uniqueArray(stepState, { maxLength: 9 }), to: stepState },
    }),
  },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** The whole of what the store promises, in a few lines. */
class Model {
  epoch = 0;
  holder: 0 | 1 | undefined;
  readonly epochs = [0, 0];
  readonly transactions = new Map<string, { state: TransactionState; epoch: number }>();
  readonly steps = new Map<string, StepState>();
  changes = 0;

  apply(op: Operation): unknown {
    const mine = this.epochs[op.writer];
    const current = mine === this.epoch;
    switch (op.do) {
      case 'acquire':
        if (this.holder === undefined) {
          this.holder = op.writer;
          this.epoch += 1;
          this.epochs[op.writer] = this.epoch;
        }
        return this.holder === op.writer ? this.epochs[op.writer] : 'busy';
      case 'release':
        if (this.holder === op.writer) this.holder = undefined;
        return undefined;
      case 'create': {
        if (!current) return 'writer_busy';
        const id = `txn-${this.transactions.size + 1}`;
        this.transactions.set(id, { state: 'OPEN', epoch: this.epoch });
        this.changes += 1;
        return id;
      }
      case 'adopt': {
        const row = this.transactions.get(op.txn);
        if (row === undefined) return 'transaction_not_found';
        if (!current) return 'writer_busy';
        row.epoch = this.epoch;
        this.changes += 1;
        return undefined;
      }
      case 'addStep': {
        const key = `${op.txn}/${op.seq}`;
        if (!this.transactions.has(op.txn)) return 'transaction_not_found';
        if (!current) return 'writer_busy';
        if (this.steps.has(key)) return 'internal';
        this.steps.set(key, 'INTENT');
        this.changes += 1;
        return undefined;
      }
      case 'move': {
        const row = this.transactions.get(op.txn);
        if (row === undefined || !current || !op.from.includes(row.state)) return false;
        row.state = op.to;
        this.changes += 1;
        return true;
      }
      case 'moveStep': {
        const key = `${op.txn}/${op.seq}`;
        const state = this.steps.get(key);
        if (state === undefined || !current || !op.from.includes(state)) return false;
        this.steps.set(key, op.to);
        this.changes += 1;
        return true;
      }
    }
  }
}

function run(journal: Journal, epoch: number, op: Operation): unknown {
  const { transactions, lock } = journal;
  switch (op.do) {
    case 'acquire': {
      const answer = lock.acquire();
      return answer.kind === 'held' ? answer.epoch : 'busy';
    }
    case 'release':
      return lock.release();
    case 'create':
      return transactions.create(transaction({ epoch })).id;
    case 'adopt':
      return transactions.adopt(op.txn, epoch);
    case 'addStep':
      return transactions.addStep(step({ transaction: op.txn, seq: op.seq }), {}, epoch);
    case 'move':
      return transactions.move(op.txn, op.from, op.to, epoch);
    case 'moveStep':
      return transactions.moveStep(op.txn, op.seq, op.from, op.to, epoch);
  }
}

function answerOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    if (thrown instanceof StratusError) return thrown.code;
    throw thrown;
  }
}

test('two writers and one journal: every answer and every state is what the model says', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60, size: 'max' }), (operations) => {
      const path = journalPath();
      const open = () => openJournal({ path, env: {}, clock: handClock() });
      const writers = [open(), open()] as const;
      const model = new Model();
      try {
        for (const op of operations) {
          const epoch = model.epochs[op.writer] ?? 0;
          const answer = answerOf(() => run(writers[op.writer], epoch, op));
          expect(answer, JSON.stringify(op)).toEqual(model.apply(op));
        }
        for (const { transactions, audit } of writers) {
          const rows = transactions.list({ limit: 100 }).rows;
          expect(new Map(rows.map(({ id, state, epoch }) => [id, { state, epoch }]))).toEqual(
            new Map([...model.transactions].reverse()),
          );
          const steps = rows.flatMap((row) => transactions.steps(row.id));
          expect(new Map(steps.map((row) => [`${row.transaction}/${row.seq}`, row.state]))).toEqual(
            model.steps,
          );
          // A change that landed is in the audit log; one that didn't is not.
          expect(audit.verify()).toMatchObject({ ok: true, rows: model.changes });
        }
      } finally {
        for (const journal of writers) journal.close();
      }
    }),
    { numRuns: 60 },
  );
});
