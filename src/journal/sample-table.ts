import {
  type Columns,
  column,
  fromStored,
  insertion,
  json,
  type Stored,
  time,
  toStored,
} from './column.ts';
import { type Room, unknownTransaction } from './room.ts';
import { keyOf } from './transaction-id.ts';
import type { SampleRow, TransactionStore } from './types.ts';

const COLUMNS: Columns<Exclude<keyof SampleRow, 'transaction'>> = {
  phase: column('phase'),
  at: time('at'),
  severity: column('severity'),
  violations: json('violations'),
  unknowns: json('unknowns'),
};

export function openSampleTable({
  database,
}: Room): Pick<TransactionStore, 'addSample' | 'samples'> {
  const { sql } = database;
  const exists = sql.prepare<[number]>('SELECT 1 FROM txn WHERE id = ?');
  const all = sql.prepare<[number], Stored>('SELECT * FROM sample WHERE txn = ? ORDER BY id');
  return {
    addSample: (row) => {
      database.writeUnsynced('addSample', () => {
        const txn = keyOf(row.transaction) ?? 0;
        if (exists.get(txn) === undefined) throw unknownTransaction(row.transaction);
        const fields = { txn, ...toStored(COLUMNS, row) };
        sql.prepare(insertion('sample', fields)).run(fields);
      });
    },
    samples: (transaction) =>
      database.read(() =>
        all.all(keyOf(transaction) ?? 0).map((stored) => ({
          transaction,
          ...fromStored<Omit<SampleRow, 'transaction'>>(COLUMNS, stored),
        })),
      ),
  };
}
