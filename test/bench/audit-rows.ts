import { createHash } from 'node:crypto';
import Sqlite from 'better-sqlite3';
import { systemClock } from '../../src/core/clock.ts';
import { type AuditRecord, GENESIS, hashOf } from '../../src/journal/audit-chain.ts';
import { openJournal } from '../../src/journal/open.ts';

const TOOLS = [
  ...['observe_get', 'observe_list', 'observe_describe', 'observe_logs', 'observe_events'],
  ...['observe_health', 'observe_rollout', 'audit_query', 'transaction_begin', 'mitigate_scale'],
  ...['transaction_commit', 'mitigate_patch', 'mitigate_set_container', 'transaction_abort'],
];
const KINDS = ['Deployment', 'Pod', 'Service', 'ConfigMap', 'StatefulSet'];
const CLIENTS = ['claude-code 2.1.197', 'claude-code 2.1.198', 'codex 0.40.0', 'cursor 1.7.2'];
const PEOPLE = ['alice', 'bob', 'carol'];

/** When the last row of `fillJournal` was written. */
export const LAST_AT = Date.UTC(2026, 2, 1);
const MS_PER_ROW = 15_000;

/**
 * Fills a new journal with calls as months of work leave them: half a year of reads and changes in
 * forty namespaces, most of them in a few. The rows are written past the journal's own code, with
 * its schema and its hash, in one go; `audit verify` accepts them.
 */
export function fillJournal(path: string, rows: number): void {
  openJournal({ path, env: {}, clock: systemClock }).close();
  const sql = new Sqlite(path);
  sql.pragma('synchronous = OFF');
  sql.pragma('cache_size = -400000');
  // Indexes are made after the rows, sorted: a fifth of the time.
  const indexes = sql
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'audit' AND sql IS NOT NULL`,
    )
    .all();
  const triggers = sql
    .prepare<[], { name: string; sql: string }>(
      `SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'`,
    )
    .all();
  for (const { name } of indexes) sql.exec(`DROP INDEX ${name}`);
  for (const { name } of triggers) sql.exec(`DROP TRIGGER ${name}`);
  insertRows(sql, rows);
  for (const made of [...indexes, ...triggers]) sql.exec(made.sql);
  sql.pragma('wal_checkpoint(TRUNCATE)');
  sql.close();
}

function insertRows(sql: Sqlite.Database, rows: number): void {
  const columns = sql
    .prepare<[], { name: keyof AuditRecord }>(`SELECT name FROM pragma_table_info('audit')`)
    .all()
    .map(({ name }) => name);
  const insert = sql.prepare(
    `INSERT INTO audit (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const insertActor = sql.prepare('INSERT INTO audit_actor VALUES (?, ?, ?, ?)');
  sql.transaction(() => {
    let head = GENESIS;
    let last: string | undefined;
    for (let seq = 1; seq <= rows; seq++) {
      const row = rowOf(seq, rows);
      head = hashOf(row, head);
      const record: AuditRecord = { ...row, hash: head };
      insert.run(columns.map((name) => record[name]));
      const actor = [row.client, row.principal, row.session];
      if (last !== actor.join()) insertActor.run(seq, ...actor);
      last = actor.join();
    }
    sql.prepare('UPDATE meta SET audit_rows = ?, audit_head = ?').run(rows, head);
  })();
}

function rowOf(seq: number, rows: number): Omit<AuditRecord, 'hash'> {
  const number = Math.ceil(seq / 2);
  const ended = seq % 2 === 0;
  const dice = createHash('sha1').update(`${number}`).digest();
  const die = (byte: number) => (dice[byte] ?? 0) / 256;
  // Squared: the first of a list far more often than the last.
  const skewed = <T>(list: readonly T[], byte: number): T =>
    list[Math.floor(die(byte) ** 2 * list.length)] as T;
  const tool = skewed(TOOLS, 0);
  const changes = !/^(observe|audit)_/.test(tool);
  const refused = die(1) < 0.04;
  const namespace = `team-${Math.floor(die(2) ** 2 * 40)}`;
  const outcome = refused ? 'refused' : die(3) < 0.02 ? 'failed' : 'ok';
  return {
    seq,
    at: LAST_AT - (rows - seq) * MS_PER_ROW,
    kind: ended ? 'outcome' : 'call',
    call: `call-${number}`,
    client: skewed(CLIENTS, 4),
    principal: skewed(PEOPLE, 5),
    session: `session-${Math.floor(number / 200)}`,
    tool,
    namespace,
    object: `${skewed(KINDS, 6)}/app-${Math.floor(die(7) * 250)}`,
    txn: changes ? `txn-${Math.ceil(number / 20)}` : null,
    decision: ended ? (refused ? 'refuse' : 'allow') : null,
    rule: ended ? 'everyday repairs' : null,
    outcome: ended ? outcome : null,
    detail: JSON.stringify(
      ended ? { durationMs: Math.floor(die(8) * 90) } : { args: { namespace, kind: 'Deployment' } },
    ),
  };
}
