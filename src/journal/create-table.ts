import type { Room } from './room.ts';
import { idOf } from './transaction-id.ts';
import type { CreatePlace, IntentOwner, TransactionStore } from './types.ts';

/** Newer transactions than this many ago are looked at for what their creates may have left. */
const TRANSACTIONS = 500;
/** Those are looked at whatever the clock says: it may have been put forward since. */
const ALWAYS = 20;

/** What the journal knows of the objects that we created, by the label that they carry until their transaction ends. */
export function openCreateTable({
  database,
}: Room): Pick<TransactionStore, 'createPlaces' | 'ownerOf'> {
  const { sql } = database;
  const places = sql.prepare<object, CreatePlace>(
    `SELECT DISTINCT txn.cluster, api_version AS apiVersion, kind, namespace
     FROM step JOIN txn ON txn.id = step.txn
     WHERE uid IS NULL AND verb IN ('create', 'apply')
       AND txn.id > (SELECT max(id) FROM txn) - ${TRANSACTIONS}
       AND (opened_at >= @since OR txn.id > (SELECT max(id) FROM txn) - ${ALWAYS})`,
  );
  const owner = sql.prepare<[string], Omit<IntentOwner, 'transaction'> & { txn: number }>(
    `SELECT step.txn, step.state, step.post_uid AS uid, txn.state AS ended
     FROM step JOIN txn ON txn.id = step.txn WHERE intent_id = ?`,
  );
  return {
    createPlaces: (since) => database.read(() => places.all({ since })),
    ownerOf: (intentId) =>
      database.read(() => {
        const found = owner.get(intentId);
        if (found === undefined) return undefined;
        const { txn, ...rest } = found;
        return { transaction: idOf(txn), ...rest };
      }),
  };
}
