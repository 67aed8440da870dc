import type { JsonObject } from '../core/json.ts';
import {
  assignments,
  type Columns,
  column,
  fromStored,
  insertion,
  json,
  newest,
  type Stored,
  time,
  toStored,
} from './column.ts';
import { openIncidentFollow } from './incident-follow.ts';
import { EPOCH_HOLDS, epochOver, type Room, unknownTransaction } from './room.ts';
import { idOf, keyOf } from './transaction-id.ts';
import type { TransactionRow, TransactionState, TransactionStore } from './types.ts';

const COLUMNS: Columns<Exclude<keyof TransactionRow, 'id'>> = {
  epoch: column('epoch'),
  state: column('state'),
  reason: column('reason'),
  actor: column('actor'),
  cluster: column('cluster'),
  policyDigest: column('policy_digest'),
  openedAt: time('opened_at'),
  deadlineAt: time('deadline_at'),
  decidedAt: time('decided_at'),
  closedAt: time('closed_at'),
  bounds: json('bounds'),
  scope: json('scope'),
  declaredReductions: json('declared_reductions'),
  before: json('before'),
  after: json('after'),
  afterUndo: json('after_undo'),
  verdict: json('verdict'),
  outcome: column('outcome'),
};

type TransactionTable = Pick<
  TransactionStore,
  'create' | 'get' | 'list' | 'move' | 'update' | 'adopt'
>;

export function openTransactionTable(room: Room): TransactionTable {
  const { database } = room;
  const { sql } = database;
  const incidents = openIncidentFollow(room);
  const byKey = sql.prepare<[number], Stored>('SELECT * FROM txn WHERE id = ?');

  const get = (id: string): TransactionRow | undefined => {
    const key = keyOf(id);
    const stored = key === undefined ? undefined : database.read(() => byKey.get(key));
    return stored === undefined ? undefined : rowOf(stored);
  };

  const note = (transaction: string, detail: JsonObject) => {
    room.audit.append({ kind: 'transaction', transaction, detail });
  };

  /** One guarded UPDATE. @returns whether it landed. */
  const change = (
    id: string,
    epoch: number,
    fields: Stored,
    from?: readonly TransactionState[],
  ) => {
    if (Object.keys(fields).length === 0) return false;
    const states = from === undefined ? '' : `AND state IN (SELECT value FROM json_each(@from))`;
    const update = sql.prepare(
      `UPDATE txn SET ${assignments(fields)} WHERE id = @id ${states} AND ${EPOCH_HOLDS}`,
    );
    const guard = { id: keyOf(id) ?? 0, currentEpoch: epoch, from: JSON.stringify(from ?? []) };
    return update.run({ ...fields, ...guard }).changes === 1;
  };

  return {
    get,
    create: (row, incident) => {
      database.requirePlace();
      const created = database.write('create', () => {
        const fields = toStored(COLUMNS, row);
        const insert = sql.prepare(insertion('txn', fields, EPOCH_HOLDS));
        const result = insert.run({ ...fields, currentEpoch: row.epoch });
        if (result.changes !== 1) throw epochOver(row.epoch);
        const id = idOf(Number(result.lastInsertRowid));
        if (incident !== undefined) incidents.link(incident, id);
        const of = incident === undefined ? {} : { incident };
        note(id, { to: row.state, reason: row.reason, actor: row.actor, ...of });
        return { ...row, id };
      });
      return created;
    },
    list: ({ states, ...page }) =>
      database.read(() => {
        const { rows, total } = newest(sql, 'txn', { column: 'state', values: states }, page);
        return { rows: rows.map(rowOf), total };
      }),
    move: (id, from, to, epoch, patch = {}) => {
      return database.write(
        `move.${to}`,
        () => {
          const was = get(id)?.state;
          const fields = toStored(COLUMNS, { ...patch, state: to });
          if (was === undefined || !change(id, epoch, fields, from)) return false;
          note(id, { from: was, to, outcome: patch.outcome, verdict: verdictOf(patch.verdict) });
          incidents.follow(id, to, patch.outcome);
          return true;
        },
        'unknown',
      );
    },
    update: (id, epoch, patch) => {
      const { state: _, ...fields } = toStored(COLUMNS, patch);
      return database.write('update', () => change(id, epoch, fields), 'unknown');
    },
    adopt: (id, epoch) => {
      database.write('adopt', () => {
        const row = get(id);
        if (row === undefined) throw unknownTransaction(id);
        if (!change(id, epoch, { epoch })) throw epochOver(epoch);
        note(id, { state: row.state, adoptedFromEpoch: row.epoch, epoch });
      });
    },
  };
}

// What the chain keeps of a verdict; the whole of it is in the transaction's row.
function verdictOf(verdict: JsonObject | null | undefined): JsonObject | undefined {
  if (verdict == null) return undefined;
  const { pass, severityBefore, severityAfter, summary } = verdict;
  return { pass, severityBefore, severityAfter, summary };
}

function rowOf(stored: Stored): TransactionRow {
  const row = fromStored<Omit<TransactionRow, 'id'>>(COLUMNS, stored);
  return { id: idOf(Number(stored.id)), ...row };
}
