import { expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../src/journal/sqlite.ts';
import { writeIncident } from './story.ts';
import { handClock, writingJournal } from './support.ts';

/** What somebody with sqlite3 sees of the incident. */
function rows(query: string): unknown[] {
  const clock = handClock();
  const { journal, path, epoch } = writingJournal({ clock });
  writeIncident(journal, epoch, clock);
  const sql = openSqlite(path, { readonly: true });
  onTestFinished(() => {
    sql.close();
  });
  return sql.prepare(query).all();
}

test('v_calls has one row per call, also for one that never ended', () => {
  expect(rows('SELECT tool, decision, rule, outcome, code, duration_ms, txn FROM v_calls')).toEqual(
    [
      {
        ...{ tool: 'transaction_begin', decision: 'allow', rule: 'default', outcome: 'ok' },
        ...{ code: null, duration_ms: 500.4, txn: 'txn-1' },
      },
      {
        ...{ tool: 'mitigate_delete', decision: 'refuse', rule: 'protected-namespaces' },
        ...{ outcome: 'refused', code: 'policy_refused', duration_ms: 12, txn: 'txn-1' },
      },
      {
        ...{ tool: 'mitigate_set_container', decision: 'allow', rule: 'shop', outcome: 'ok' },
        ...{ code: null, duration_ms: 640, txn: 'txn-1' },
      },
      {
        ...{ tool: 'transaction_commit', decision: 'allow', rule: 'default', outcome: 'failed' },
        ...{ code: 'gate_refused', duration_ms: 1250, txn: 'txn-1' },
      },
      {
        ...{ tool: 'transaction_status', decision: null, rule: null, outcome: 'unfinished' },
        ...{ code: null, duration_ms: null, txn: 'txn-1' },
      },
    ],
  );
});

test('v_calls shows who, what and when for people', () => {
  const query = `SELECT started_utc, client, principal, args, object, severity_before, severity_after
    FROM v_calls WHERE tool = 'transaction_commit' OR tool = 'mitigate_delete'`;
  expect(rows(query)).toEqual([
    {
      ...{ started_utc: '2026-03-01 12:00:00.750Z', client: 'claude-code 2.1.197' },
      ...{ principal: 'alice', args: '{"kind":"ConfigMap","name":"coredns"}' },
      ...{ object: 'ConfigMap/coredns', severity_before: null, severity_after: null },
    },
    {
      ...{ started_utc: '2026-03-01 12:00:02.250Z', client: 'claude-code 2.1.197' },
      ...{ principal: 'alice', args: '{}', object: null, severity_before: 20, severity_after: 28 },
    },
  ]);
});

test('v_transactions sums up a transaction', () => {
  expect(rows('SELECT * FROM v_transactions')).toEqual([
    {
      ...{ txn: 'txn-1', state: 'ABORTED', reason: 'catalog crash-loops' },
      ...{ actor: 'claude-code 2.1.197 (alice)', cluster: 'shop-prod https://shop.example:6443' },
      ...{ opened_utc: '2026-03-01 12:00:00.250Z', deadline_utc: '2026-03-01 12:10:00.250Z' },
      ...{ decided_utc: null, closed_utc: '2026-03-01 12:00:03.250Z', seconds: 3 },
      ...{ steps: 1, commands: 1, severity_before: 20, severity_after: 28 },
      ...{ severity_after_undo: 20, verdict: '1 new critical violation.' },
      outcome: 'The gate refused; everything was taken back.',
      policy_digest: 'sha256:d1',
    },
  ]);
});

test('v_steps and v_severity show writes and samples, and no images', () => {
  expect(rows('SELECT txn, seq, verb, name, class, state, kubectl FROM v_steps')).toEqual([
    {
      ...{ txn: 'txn-1', seq: 1, verb: 'patch', name: 'catalog', class: 'exact', state: 'UNDONE' },
      kubectl: 'kubectl -n shop set image deployment/catalog app=shop/catalog:1.2',
    },
  ]);
  expect(rows('SELECT * FROM v_severity')).toEqual([
    {
      ...{ txn: 'txn-1', phase: 'before', at_utc: '2026-03-01 12:00:00.250Z' },
      ...{ severity: 20, violations: 1, unknowns: 0 },
    },
    {
      ...{ txn: 'txn-1', phase: 'settle', at_utc: '2026-03-01 12:00:02.500Z' },
      ...{ severity: 28, violations: 2, unknowns: 0 },
    },
    {
      ...{ txn: 'txn-1', phase: 'settle', at_utc: '2026-03-01 12:00:02.501Z' },
      ...{ severity: 28, violations: 2, unknowns: 0 },
    },
  ]);
});
