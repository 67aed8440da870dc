import {
  type Columns,
  column,
  fromStored,
  insertion,
  json,
  type Stored,
  toStored,
} from './column.ts';
import { EPOCH_HOLDS, epochOver, type Room } from './room.ts';
import { keyOf } from './transaction-id.ts';
import type { ResolutionRow, TransactionStore } from './types.ts';

const COLUMNS: Columns<keyof ResolutionRow> = {
  object: column('object'),
  how: column('how'),
  seen: json('seen'),
};

export function openResolutionTable({
  database,
  audit,
}: Room): Pick<TransactionStore, 'resolve' | 'unresolve' | 'resolutions'> {
  const { sql } = database;
  const remove = sql.prepare<object>(
    `DELETE FROM resolution WHERE txn = @txn AND object = @object AND ${EPOCH_HOLDS}`,
  );
  const all = sql.prepare<[number], Stored>(
    'SELECT * FROM resolution WHERE txn = ? ORDER BY object',
  );
  return {
    resolve: (transaction, rows, epoch, detail) => {
      database.write('resolve', () => {
        const txn = keyOf(transaction) ?? 0;
        for (const row of rows) {
          remove.run({ txn, object: row.object, currentEpoch: epoch });
          const fields = { txn, ...toStored(COLUMNS, row) };
          const insert = sql.prepare(insertion('resolution', fields, EPOCH_HOLDS));
          if (insert.run({ ...fields, currentEpoch: epoch }).changes !== 1) throw epochOver(epoch);
        }
        audit.append({
          kind: 'transaction',
          transaction,
          outcome: 'CONFLICTS_RESOLVED',
          detail: { ...detail, objects: rows.map(({ object, how }) => ({ object, how })) },
        });
      });
    },
    unresolve: (transaction, object, epoch) => {
      database.writeUnsynced('unresolve', () => {
        remove.run({ txn: keyOf(transaction) ?? 0, object, currentEpoch: epoch });
      });
    },
    resolutions: (transaction) =>
      database.read(() =>
        all
          .all(keyOf(transaction) ?? 0)
          .map((stored) => fromStored<ResolutionRow>(COLUMNS, stored)),
      ),
  };
}
