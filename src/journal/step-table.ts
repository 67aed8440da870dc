import { type JsonObject, stringifyJson } from '../core/json.ts';
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
import { type ImageOwner, openImageTable } from './image-table.ts';
import { EPOCH_HOLDS, epochOver, type Room, unknownTransaction } from './room.ts';
import { idOf, keyOf } from './transaction-id.ts';
import type { StepFilter, StepRow, StepState, TransactionStore } from './types.ts';

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
  deferred: column('deferred'),
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

/** What moving a step needs to know of it. */
type Known = ImageOwner & Pick<StepRow, 'command' | 'tool' | 'state'>;

type StepTable = Pick<TransactionStore, 'addStep' | 'moveStep' | 'steps' | 'image'>;

export function openStepTable(room: Room): StepTable {
  const { database } = room;
  const { sql } = database;
  const images = openImageTable(room);
  const exists = sql.prepare<[number]>('SELECT 1 FROM txn WHERE id = ?');
  // Not the whole row: a step is moved several times, and its name is all that is needed for it.
  const one = sql.prepare<[number, number], Omit<Known, 'transaction'>>(
    `SELECT seq, command, tool, api_version AS apiVersion, kind, namespace, name, state
     FROM step WHERE txn = ? AND seq = ?`,
  );

  const get = (transaction: string, seq: number): Known | undefined => {
    const known = one.get(keyOf(transaction) ?? 0, seq);
    return known === undefined ? undefined : { transaction, ...known };
  };

  const select = (txn: number, { kind, name, notIn }: StepFilter): StepRow[] => {
    const tests = [
      ...(kind === undefined ? [] : ['AND kind = @kind']),
      ...(name === undefined ? [] : ['AND name = @name']),
      ...(notIn === undefined ? [] : ['AND state NOT IN (SELECT value FROM json_each(@notIn))']),
    ];
    return sql
      .prepare<object, Stored>(
        `SELECT * FROM step WHERE txn = @txn ${tests.join(' ')} ORDER BY seq`,
      )
      .all({ txn, kind, name, notIn: JSON.stringify(notIn ?? []) })
      .map(rowOf);
  };

  const note = (row: Known, what: JsonObject, news: Partial<StepRow>) => {
    const { transaction, namespace, kind, name, tool, seq, command } = row;
    const { httpStatus = null, error = null, conflicts = [] } = news;
    room.audit.append({
      kind: 'step',
      transaction,
      tool,
      ...(namespace === null ? {} : { namespace }),
      object: `${kind}/${name}`,
      detail: {
        seq,
        command,
        ...what,
        to: row.state,
        ...(httpStatus === null ? {} : { httpStatus }),
        ...(error === null ? {} : { error }),
        ...(conflicts.length === 0 ? {} : { conflicts: conflicts.length }),
      },
    });
  };

  return {
    addStep: (row, contents, epoch) => {
      database.requirePlace();
      database.write('addStep', () => {
        const txn = keyOf(row.transaction) ?? 0;
        if (exists.get(txn) === undefined) throw unknownTransaction(row.transaction);
        const fields = { txn, ...toStored(COLUMNS, row) };
        const insert = sql.prepare(insertion('step', fields, EPOCH_HOLDS));
        const { changes } = insert.run({ ...fields, currentEpoch: epoch });
        if (changes !== 1) throw epochOver(epoch);
        images.put(row, contents);
        const { verb, class: reversibility, kubectl } = row;
        note(row, { verb, class: reversibility, kubectl }, row);
      });
    },
    moveStep: (transaction, seq, from, to, epoch, patch = {}, contents = {}) => {
      const write = SYNCED.has(to) ? database.write : database.writeUnsynced;
      return write(
        `moveStep.${to}`,
        () => {
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
          const row: Known = { ...was, ...patch, transaction: was.transaction, seq, state: to };
          images.put(row, contents);
          note(row, { from: was.state }, patch);
          return true;
        },
        'unknown',
      );
    },
    steps: (transaction, filter = {}) => {
      const key = keyOf(transaction);
      return key === undefined ? [] : database.read(() => select(key, filter));
    },
    image: (transaction, seq, name) =>
      database.read(() => {
        const row = get(transaction, seq);
        return row === undefined ? undefined : images.open(row, name);
      }),
  };
}

function rowOf(stored: Stored): StepRow {
  const { deferred, ...row } = fromStored<Omit<StepRow, 'transaction'>>(COLUMNS, stored);
  const later = deferred ? { deferred } : {};
  return { transaction: idOf(Number(stored.txn)), ...row, ...later };
}
