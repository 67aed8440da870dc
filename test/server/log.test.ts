import { beforeAll, expect, test } from 'vitest';
import { type JsonObject, objectOf, parseJson } from '../../src/core/json.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import type { AuditRow, StepRow } from '../../src/journal/types.ts';
import { readAuditLog, useCluster } from '../cluster/index.ts';
import { begin, kill, openBench, setMode } from '../recovery/bench.ts';

const cluster = useCluster();
const CANARY = 'canary-5up3rs3cr3t';

let lines: JsonObject[] = [];
let rows: AuditRow[] = [];
let steps: StepRow[] = [];
let text = '';

beforeAll(async () => {
  const bench = await openBench(cluster, 'logs');
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace: bench.namespace },
    stringData: { password: CANARY },
  });
  const server = await bench.start({ STRATUS_LOG_LEVEL: 'debug' });
  try {
    const { namespace } = bench;
    await server.call('observe_get', { kind: 'Secret', name: 'db', namespace });
    await server.call('observe_list', { kind: 'Pod', namespace, label_selector: `app=${CANARY}` });
    await server.call('observe_list', { kind: 'Pod', namespace, limit: CANARY });
    await server.call('observe_logs', { namespace, [CANARY]: 'a mistyped argument' });
    await server.call('no_such_tool', { password: CANARY });
    const transaction = await begin(server, bench);
    await setMode(server, bench, 'slow', { transaction });
    await server.call('transaction_abort', { transaction, reason: 'test' });
    await setMode(server, bench, 'slow');
  } finally {
    await kill(server);
  }
  text = server.stderr();
  lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => objectOf(parseJson(line)));
  const journal = openJournalReader({ path: bench.journal });
  rows = [...journal.audit.export({})];
  steps = journal.transactions
    .list({ limit: 10 })
    .rows.flatMap(({ id }) => journal.transactions.steps(id));
  journal.close();
  bench.remove();
}, 120_000);

const of = (call: string | null | undefined) => lines.filter((line) => line.call === call);
const callsOf = (tool: string) => rows.filter((row) => row.kind === 'call' && row.tool === tool);

test('every line is JSON with level, time and process', () => {
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    expect(line).toMatchObject({ level: expect.any(Number), time: expect.any(Number) });
    expect(line).toMatchObject({ name: 'stratus-mcp', pid: expect.any(Number) });
  }
});

test('each call of the audit log has its lines, with tool and session', () => {
  const calls = rows.filter((row) => row.kind === 'call');
  expect(calls.length).toBeGreaterThan(6);
  for (const { call, tool, session } of calls) {
    expect(of(call).length, tool ?? '').toBeGreaterThan(0);
    for (const line of of(call)) expect(line).toMatchObject({ tool, session });
  }
});

test('a line of a call that belongs to a transaction names it', () => {
  for (const { call, transaction } of [...callsOf('transaction_abort')]) {
    expect(of(call).length).toBeGreaterThan(0);
    for (const line of of(call)) expect(line.transaction).toBe(transaction);
  }
  const [own] = callsOf('mitigate_patch').slice(-1);
  expect(of(own?.call).at(-1)).toMatchObject({ transaction: expect.stringMatching(/^txn-/) });
});

test('each write is found by call, intent and the Audit-ID of the API server', async () => {
  const audited = await readAuditLog(cluster);
  expect(steps.length).toBeGreaterThan(1);
  for (const { intentId } of steps) {
    const requests = lines.filter((line) => line.auditId === intentId);
    expect(requests.length).toBeGreaterThan(0);
    for (const { call } of requests) {
      expect(rows.some((row) => row.call === call && row.tool === 'mitigate_patch')).toBe(true);
    }
    expect(audited.some((event) => JSON.stringify(event).includes(intentId))).toBe(true);
  }
});

test('requests are told at debug: method, path, status, ms', () => {
  const requests = lines.filter((line) => line.msg === 'request');
  expect(requests.length).toBeGreaterThan(10);
  for (const line of requests) {
    expect(line).toMatchObject({ level: 20, method: expect.any(String), ms: expect.any(Number) });
    expect(String(line.path)).toMatch(/^\/(api|apis|version|openapi)/);
  }
  expect(requests.some(({ path }) => String(path).includes('labelSelector=…'))).toBe(true);
});

test('starts, refusals and ends of transactions are told at info', () => {
  const info = lines.filter((line) => line.level === 30).map((line) => line.msg);
  expect(info).toEqual(expect.arrayContaining(['serving', 'refused', 'transaction ended']));
});

test('no secret is in the log: not of the cluster, not of the caller', () => {
  expect(text).not.toContain(CANARY);
  expect(text).not.toContain(cluster.tokens.admin);
});
