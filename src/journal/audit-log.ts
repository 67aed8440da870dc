import { toUSVString } from 'node:util';
import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import { type JsonObject, stringifyJson } from '../core/json.ts';
import { type AuditRecord, hashOf } from './audit-chain.ts';
import { openAuditReader } from './audit-reader.ts';
import type { Database } from './database.ts';
import type { AuditEvent, AuditLog, AuditRow } from './types.ts';

const COLUMNS = [
  ...['seq', 'at', 'kind', 'call', 'client', 'principal', 'session', 'tool', 'namespace'],
  ...['object', 'txn', 'decision', 'rule', 'outcome', 'detail', 'hash'],
] as const;

type Text = string | null | undefined;

interface NewRow {
  kind: AuditRow['kind'];
  call?: Text;
  client?: Text;
  principal?: Text;
  session?: Text;
  tool?: Text;
  namespace?: Text;
  object?: Text;
  transaction?: Text;
  decision?: Text;
  rule?: Text;
  outcome?: Text;
  detail: JsonObject;
}

type CallColumns = Pick<
  AuditRecord,
  'client' | 'principal' | 'session' | 'tool' | 'namespace' | 'object' | 'txn'
>;

export function openAuditLog(database: Database, clock: Clock): AuditLog {
  const { sql } = database;
  const insert = sql.prepare(
    `INSERT INTO audit (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`,
  );
  const end = sql.prepare<[], { rows: number; head: string }>(
    'SELECT audit_rows AS rows, audit_head AS head FROM meta',
  );
  const seal = sql.prepare('UPDATE meta SET audit_rows = ?, audit_head = ?');
  const startOf = sql.prepare<[string], CallColumns>(
    `SELECT client, principal, session, tool, namespace, object, txn
     FROM audit WHERE kind = 'call' AND call = ?`,
  );
  const endOf = sql.prepare(`SELECT 1 FROM audit WHERE kind = 'outcome' AND call = ?`);

  // The write lock is taken before the head is read, so processes take turns at one chain.
  const append = (row: NewRow): void => {
    database.writeUnsynced('audit', () => {
      const last = end.get();
      if (last === undefined) throw new Error('The meta row of the journal is missing.');
      const record = {
        seq: last.rows + 1,
        at: Math.round(clock.now()),
        kind: row.kind,
        call: stored(row.call),
        client: stored(row.client),
        principal: stored(row.principal),
        session: stored(row.session),
        tool: stored(row.tool),
        namespace: stored(row.namespace),
        object: stored(row.object),
        txn: stored(row.transaction),
        decision: stored(row.decision),
        rule: stored(row.rule),
        outcome: stored(row.outcome),
        detail: stored(stringifyJson(row.detail)) ?? '{}',
      };
      const hash = hashOf(record, last.head);
      // By position: names are looked up one by one for each row.
      insert.run(...COLUMNS.map((name) => (name === 'hash' ? hash : record[name])));
      seal.run(record.seq, hash);
    });
  };

  // What an event says of itself wins over what its call said at its start.
  const joined = (call: string | undefined, own: NewRow): NewRow => {
    const start = call === undefined ? undefined : startOf.get(call);
    if (start === undefined) return own;
    const { txn, ...columns } = start;
    return { ...columns, transaction: txn, ...defined(own) };
  };

  return {
    ...openAuditReader(database),
    start: ({ actor, args, clientCall, ...call }) => {
      database.requirePlace();
      database.writeUnsynced('audit.start', () => {
        if (startOf.get(call.call) !== undefined) throw twice(call.call, 'started');
        append({ kind: 'call', ...call, ...actor, detail: { args, clientCall } });
      });
    },
    end: ({ code, message, durationMs, severityBefore, severityAfter, ...end }, options) => {
      const write = options?.synced ? database.write : database.writeUnsynced;
      write('audit.end', () => {
        if (endOf.get(end.call) !== undefined) throw twice(end.call, 'ended');
        const detail = { code, message, durationMs, severityBefore, severityAfter };
        append(joined(end.call, { kind: 'outcome', ...end, detail }));
      });
    },
    append: (event: AuditEvent) => {
      database.writeUnsynced(`audit.${event.kind}`, () => append(joined(event.call, { ...event })));
    },
  };
}

function twice(call: string, what: string): StratusError {
  return new StratusError('internal', `The call ${call} was already ${what} in the audit log.`);
}

function defined(row: NewRow): NewRow {
  const { kind, detail, ...columns } = row;
  const present = Object.entries(columns).filter(([, value]) => value != null);
  return { kind, detail, ...Object.fromEntries(present) };
}

// SQLite stores UTF-8: a lone surrogate would come back as U+FFFD and no longer match its hash.
function stored(text: Text): string | null {
  return text == null ? null : toUSVString(text);
}
