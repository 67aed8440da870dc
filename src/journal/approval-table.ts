import { createHmac } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import { approvalIdOf, approvalKeyOf } from './approval-id.ts';
import { openPlan, sealPlan } from './approval-plan.ts';
import type { ApprovalRow, ApprovalState, ApprovalStore, NewApproval } from './approval-types.ts';
import {
  assignments,
  type Columns,
  column,
  fromStored,
  insertion,
  type Stored,
  time,
  toStored,
} from './column.ts';
import type { Room } from './room.ts';

const COLUMNS: Columns<Exclude<keyof ApprovalRow, 'id'>> = {
  state: column('state'),
  digest: column('digest'),
  subject: column('subject'),
  client: column('client'),
  user: column('user'),
  actor: column('actor'),
  call: column('call'),
  tool: column('tool'),
  kind: column('kind'),
  rule: column('rule'),
  summary: column('summary'),
  reason: column('reason'),
  transaction: column('txn'),
  requestedAt: time('requested_at'),
  decideBy: time('decide_by'),
  useMs: column('use_ms'),
  decidedAt: time('decided_at'),
  decidedBy: column('decided_by'),
  decidedWith: column('decided_with'),
  note: column('note'),
  useBy: time('use_by'),
  usedAt: time('used_at'),
  usedCall: column('used_call'),
};

/** All but the sealed plan, which is large. */
const NAMES = ['id', ...Object.values(COLUMNS).map(({ name }) => name)].join(', ');

/** A clock that was set back by more than this makes an approval worthless, or it would live longer than it may. */
const CLOCK_SLACK_MS = 60_000;

export function openApprovalTable(room: Room, clock: Clock): ApprovalStore {
  const { database } = room;
  const { sql } = database;
  const byKey = sql.prepare<[number], Stored>(`SELECT ${NAMES} FROM approval WHERE id = ?`);
  const newest = sql.prepare<object, Stored>(
    `SELECT ${NAMES} FROM approval WHERE digest = @digest AND client = @client AND user = @user
     ORDER BY id DESC LIMIT 1`,
  );
  const live = sql.prepare<[], Stored>(
    `SELECT ${NAMES} FROM approval WHERE state IN ('WAITING', 'APPROVED')`,
  );
  const now = () => Math.round(clock.now());

  const get = (id: string): ApprovalRow | undefined =>
    database.read(() => {
      const stored = byKey.get(approvalKeyOf(id));
      return stored === undefined ? undefined : rowOf(stored, now());
    });

  // A call gives the row its client, principal and tool; without one nobody did it but time.
  const note = (
    row: ApprovalRow,
    from: ApprovalState | undefined,
    message: string,
    call?: string,
  ) => {
    const { id, state, digest, rule, kind, decidedBy, decidedWith, note: words } = row;
    const detail: JsonObject = {
      event: 'approval',
      message,
      approval: id,
      ...(from === undefined ? {} : { from }),
      to: state,
      ...{ digest, need: kind, asked_by: row.actor },
      ...(decidedBy === null ? {} : { decided_by: decidedBy, decided_with: decidedWith }),
      ...(words === null ? {} : { note: words }),
    };
    room.audit.append({
      kind: 'policy',
      ...(call === undefined ? { tool: row.tool } : { call }),
      rule,
      decision: 'ask',
      outcome: state,
      ...(row.transaction === null ? {} : { transaction: row.transaction }),
      detail,
    });
  };

  /** One guarded UPDATE with its audit row. Inside a write. */
  const move = (
    was: ApprovalRow,
    news: Partial<ApprovalRow>,
    message: string,
    call?: string,
  ): boolean => {
    const fields = toStored(COLUMNS, news);
    const { changes } = sql
      .prepare(`UPDATE approval SET ${assignments(fields)} WHERE id = @id AND state = @from`)
      .run({ ...fields, id: approvalKeyOf(was.id), from: was.state });
    if (changes !== 1) return false;
    note({ ...was, ...news }, was.state, message, call);
    return true;
  };

  const expireAll = (): void => {
    for (const stored of live.all()) {
      const was = fromStored<Omit<ApprovalRow, 'id'>>(COLUMNS, stored);
      const id = approvalIdOf(Number(stored.id));
      if (rowOf(stored, now()).state !== 'EXPIRED') continue;
      const what = was.state === 'WAITING' ? 'was not decided' : 'was not used';
      move({ id, ...was }, { state: 'EXPIRED' }, `${id} ${what} in time`);
    }
  };

  const cancelWhere = (where: string, values: object, why: string): void => {
    const rows = sql
      .prepare<object, Stored>(`SELECT ${NAMES} FROM approval WHERE state = 'WAITING' AND ${where}`)
      .all(values);
    for (const stored of rows) {
      const row = rowOf(stored, now());
      if (row.state === 'WAITING') {
        move(row, { state: 'CANCELLED' }, `${row.id} was cancelled: ${why}`);
      }
    }
  };

  const find: ApprovalStore['find'] = (digest, { client, user }) =>
    database.read(() => {
      const stored = newest.get({ digest, client, user });
      return stored === undefined ? undefined : rowOf(stored, now());
    });

  const insert = ({ decideMs, ...fields }: NewApproval, plan: Buffer): ApprovalRow => {
    const at = now();
    const nothing = {
      ...{ decidedAt: null, decidedBy: null, decidedWith: null, note: null },
      ...{ useBy: null, usedAt: null, usedCall: null },
    };
    const times = { requestedAt: at, decideBy: at + decideMs };
    const row = { ...fields, state: 'WAITING' as const, ...times, ...nothing };
    const { digest, client, user } = row;
    const sealed = sealPlan(room, { digest, client, user }, plan);
    const stored = { ...toStored(COLUMNS, row), key_id: sealed.keyId };
    const result = sql
      .prepare(insertion('approval', { ...stored, plan: null }))
      .run({ ...stored, plan: sealed.bytes });
    const made = { ...row, id: approvalIdOf(Number(result.lastInsertRowid)) };
    cancelWhere(
      'subject = @subject AND client = @client AND user = @user AND id <> @id',
      { subject: made.subject, client, user, id: approvalKeyOf(made.id) },
      `the plan is another one now, see ${made.id}`,
    );
    note(made, undefined, `${made.id} asks a person: ${made.summary}`, made.call);
    return made;
  };

  return {
    digestOf: (canonical) => {
      if (room.key === undefined) throw new Error('The journal is open for reading only.');
      const key = createHmac('sha256', room.key.bytes).update('stratus-mcp approval digest');
      return createHmac('sha256', key.digest()).update(canonical).digest('hex');
    },
    request: (approval, plan) => {
      database.requirePlace();
      return database.write('approval.request', () => {
        expireAll();
        const found = find(approval.digest, approval);
        return found?.state === 'WAITING' ? found : insert(approval, plan);
      });
    },
    find,
    get,
    list: ({ states, transaction, limit, offset = 0 }) =>
      database.read(() => {
        const tests = [
          ...(transaction === undefined ? [] : ['txn = @transaction']),
          ...(states === undefined ? [] : ['state IN (SELECT value FROM json_each(@stored))']),
        ];
        const where = tests.length === 0 ? '' : `WHERE ${tests.join(' AND ')}`;
        const stored = JSON.stringify(storedAs(states ?? []));
        const rows = sql
          .prepare<object, Stored>(`SELECT ${NAMES} FROM approval ${where} ORDER BY id DESC`)
          .all({ transaction: transaction ?? null, stored })
          .map((row) => rowOf(row, now()))
          .filter(({ state }) => states === undefined || states.includes(state));
        return { rows: rows.slice(offset, offset + limit), total: rows.length };
      }),
    plan: (id) => database.read(() => openPlan(room, approvalKeyOf(id))),
    decide: (id, decision) => {
      return database.write('approval.decide', () => {
        const was = get(id);
        if (was?.state !== 'WAITING') return false;
        const { to: state, by: decidedBy, with: decidedWith, note: words = null } = decision;
        const at = now();
        const verb = state === 'APPROVED' ? 'approved' : 'refused';
        const news = { state, decidedBy, decidedWith, note: words, decidedAt: at };
        const message = `${decidedBy} ${verb} ${id} by ${decidedWith}${words === null ? '' : `: ${words}`}`;
        return move(was, { ...news, useBy: at + was.useMs }, message, decision.call);
      });
    },
    use: (id, { call, transaction }) =>
      database.write('approval.use', () => {
        const was = get(id);
        if (was?.state !== 'APPROVED') return false;
        // A call that is a transaction of its own had none yet when it asked.
        const used = { usedAt: now(), usedCall: call, transaction: transaction ?? was.transaction };
        const message = `${id}, approved by ${was.decidedBy}, was used up`;
        return move(was, { state: 'USED', ...used }, message, call);
      }),
    cancel: (transaction, why) => {
      const waiting = sql.prepare(
        `SELECT 1 FROM approval WHERE txn = ? AND state = 'WAITING' LIMIT 1`,
      );
      if (database.read(() => waiting.get(transaction)) === undefined) return;
      database.write('approval.cancel', () =>
        cancelWhere('txn = @transaction', { transaction }, why),
      );
    },
    expire: () => {
      if (database.read(() => live.all()).length > 0) database.write('approval.expire', expireAll);
    },
  };
}

function rowOf(stored: Stored, now: number): ApprovalRow {
  const row = fromStored<Omit<ApprovalRow, 'id'>>(COLUMNS, stored);
  const state = isOver(row, now) ? 'EXPIRED' : row.state;
  return { ...row, id: approvalIdOf(Number(stored.id)), state };
}

/** States in which rows of these states may be stored: what is past its time reads EXPIRED before it is journaled. */
function storedAs(states: readonly ApprovalState[]): readonly ApprovalState[] {
  return states.includes('EXPIRED') ? [...states, 'WAITING', 'APPROVED'] : states;
}

function isOver(row: Omit<ApprovalRow, 'id'>, now: number): boolean {
  const { state, requestedAt, decideBy, decidedAt, useBy } = row;
  if (state === 'WAITING') return now >= decideBy || now < requestedAt - CLOCK_SLACK_MS;
  if (state !== 'APPROVED') return false;
  return now >= (useBy ?? 0) || now < (decidedAt ?? 0) - CLOCK_SLACK_MS;
}
