import { stringifyJson } from '../core/json.ts';
import {
  assignments,
  type Columns,
  column,
  fromStored,
  insertion,
  json,
  type Stored,
  time,
  toStored,
} from './column.ts';
import { openImageTable } from './image-table.ts';
import { EPOCH_HOLDS, epochOver, type Room, unknownTransaction } from './room.ts';
import { idOf, keyOf } from './transaction-id.ts';
import type { StepRow, StepState, TransactionStore } from './types.ts';

const COLUMNS: Columns<Exclude<keyof StepRow, 'transaction'>> = {
  seq: column('seq'),
  command: column('command'),
  tool: column('tool'),
  verb: column('verb'),
  apiVersion: column('api_version'),
  kind: column('kind'),
  plural: column('plural'),
  namespace: column('namespace'),
  name: column('name'),
  class: column('class'),
  state: column('state'),
  intentId: column('intent_id'),
  attempt: column('attempt'),
  uid: column('uid'),
  baseResourceVersion: column('base_resource_version'),
  sentAt: time('sent_at'),
  httpStatus: column('http_status'),
  error: column('error'),
  postResourceVersion: column('post_resource_version'),
  postUid: column('post_uid'),
  rehearsal: column('rehearsal'),
  kubectl: column('kubectl'),
  residual: json('residual'),
  conflicts: json('conflicts'),
};

/**
 * States that announce a write to the cluster: on the disk when `moveStep` returns. After a power
 * loss any other may be the one before it, as if the process had been killed just before it noted
 * the answer: recovery then finds INTENT and fences the object, or UNDO_INTENT and restores once
 * more. The end of the call syncs what the caller is told.
 */
const SYNCED: ReadonlySet<StepState> = new Set<StepState>(['INTENT', 'UNDO_INTENT']);

type StepTable = Pick<TransactionStore, 'addStep' | 'moveStep' | 'steps' | 'image'>;

export function openStepTable(room: Room): StepTable {
  const { database, crashpoint } = room;
  const { sql } = database;
  const images = openImageTable(room);
  const exists = sql.prepare<[number]>('SELECT 1 FROM txn WHERE id = ?');
  const all = sql.prepare<[number], Stored>('SELECT * FROM step WHERE txn = ? ORDER BY seq');
  const one = sql.prepare<[number, number], Stored>('SELECT * FROM step WHERE txn = ? AND seq = ?');

  const get = (transaction: string, seq: number): StepRow | undefined => {
    const stored = one.get(keyOf(transaction) ?? 0, seq);
    return stored === undefined ? undefined : rowOf(stored);
  };

  const note = (row: StepRow, from: string | undefined, news: Partial<StepRow>) => {
    const { transaction, namespace, kind, name, tool, seq, command } = row;
    const { httpStatus = null, error = null, conflicts = [] } = news;
    const intent =
      from === undefined ? { verb: row.verb, class: row.class, kubectl: row.kubectl } : { from };
    room.audit.append({
      kind: 'step',
      transaction,
      tool,
      ...(namespace === null ? {} : { namespace }),
      object: `${kind}/${name}`,
      detail: {
        seq,
        command,
        ...intent,
        to: row.state,
        ...(httpStatus === null ? {} : { httpStatus }),
        ...(error === null ? {} : { error }),
        ...(conflicts.length === 0 ? {} : { conflicts: conflicts.length }),
      },
    });
  };

  return {
    addStep: (row, contents, epoch) => {
      crashpoint('journal.addStep.before');
      database.requirePlace();
      database.write(() => {
        const txn = keyOf(row.transaction) ?? 0;
        if (exists.get(txn) === undefined) throw unknownTransaction(row.transaction);
        const fields = { txn, ...toStored(COLUMNS, row) };
        const insert = sql.prepare(insertion('step', fields, EPOCH_HOLDS));
        const { changes } = insert.run({ ...fields, currentEpoch: epoch });
        if (changes !== 1) throw epochOver(epoch);
        images.put(row, contents);
        note(row, undefined, row);
      });
      crashpoint('journal.addStep.after');
    },
    moveStep: (transaction, seq, from, to, epoch, patch = {}, contents = {}) => {
      crashpoint(`journal.moveStep.${to}.before`);
      const write = SYNCED.has(to) ? database.write : database.writeUnsynced;
      const landed = write(() => {
        const was = get(transaction, seq);
        if (was === undefined) return false;
        const { seq: _, ...fields } = toStored(COLUMNS, { ...patch, state: to });
        const { changes } = sql
          .prepare(
            `UPDATE step SET ${assignments(fields)} WHERE txn = @txn AND seq = @seq
             AND state IN (SELECT value FROM json_each(@from)) AND ${EPOCH_HOLDS}`,
          )
          .run({
            ...fields,
            txn: keyOf(transaction) ?? 0,
            seq,
            from: stringifyJson([...from]),
            currentEpoch: epoch,
          });
        if (changes !== 1) return false;
        const { transaction: _id, seq: _seq, ...changed } = patch;
        const row: StepRow = { ...was, ...changed, state: to };
        images.put(row, contents);
        note(row, was.state, patch);
        return true;
      }, 'unknown');
      if (landed) crashpoint(`journal.moveStep.${to}.after`);
      return landed;
    },
    steps: (transaction) => {
      const key = keyOf(transaction);
      return key === undefined ? [] : database.read(() => all.all(key).map(rowOf));
    },
    image: (transaction, seq, name) =>
      database.read(() => {
        const row = get(transaction, seq);
        return row === undefined ? undefined : images.open(row, name);
      }),
  };
}

function rowOf(stored: Stored): StepRow {
  const row = fromStored<Omit<StepRow, 'transaction'>>(COLUMNS, stored);
  return { transaction: idOf(Number(stored.txn)), ...row };
}
