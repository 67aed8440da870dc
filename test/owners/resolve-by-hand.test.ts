import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { at, type JsonObject, parseJson } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import {
  type Bench,
  begin,
  expectChainWhole,
  kill,
  openBench,
  setMode,
} from '../recovery/bench.ts';
import type { Assistant } from '../story/client.ts';

const cluster = useCluster();
const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const POLICY = fileURLToPath(new URL('../recovery/policy.yaml', import.meta.url));

let bench: Bench;
let server: Assistant;

beforeEach(async () => {
  bench = await openBench(cluster, 'resolve');
  server = await bench.start();
});

afterEach(async () => {
  await server.close();
  bench.remove();
});

/** A transaction of the server that can't be taken back, because somebody edited the same field. */
async function stuck(): Promise<string> {
  const transaction = await begin(server, bench);
  const changed = await setMode(server, bench, 'ours', { transaction });
  expect(changed.isError, changed.text).toBe(false);
  const path = `/api/v1/namespaces/${bench.namespace}/configmaps/settings?fieldManager=kubectl-edit`;
  await cluster.request('PATCH', path, { data: { mode: 'theirs' } });
  return transaction;
}

const abort = (transaction: string, more: JsonObject = {}) =>
  server.call('transaction_abort', { transaction, reason: 'test', ...more });

async function mode(): Promise<unknown> {
  return at(await bench.configMap('settings'), 'data', 'mode');
}

async function run(...words: string[]): Promise<JsonObject> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [BIN, ...words, '--journal', bench.journal],
    { env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' } },
  );
  return parseJson(stdout) as JsonObject;
}

const transactions = (...words: string[]) =>
  run('transactions', ...words, '--kubeconfig', cluster.kubeconfig(), '--policy', POLICY);

test('a conflict names the command that decides it, and the command does, also after a restart', async () => {
  const transaction = await stuck();
  const { data, text } = await abort(transaction);
  expect(data.state).toBe('ABORT_INCOMPLETE');
  const object = `ConfigMap/${bench.namespace}/settings`;
  const command = `stratus-mcp transactions resolve ${transaction} --object ${object} --force`;
  expect(text).toContain(command);
  const status = await server.call('transaction_status', { transaction });
  expect(status.text).toContain(command);
  await kill(server);

  const answer = await transactions(
    'resolve',
    transaction,
    '--object',
    object,
    '--force',
    '--note',
    'mine',
  );
  expect(answer).toMatchObject({ transaction, state: 'ABORTED' });
  expect(JSON.stringify(answer)).toContain('overwritten, as asked');
  expect(await mode()).toBe('fast');
  server = await bench.start();
  const found = await server.call('audit_query', { transaction, limit: 50 });
  expect(found.text).toContain('CONFLICTS_RESOLVED');
  expectChainWhole(bench);
  // The way is free again.
  await abort(await begin(server, bench));
});

test('an assistant decides only with an approval of exactly this conflict', async () => {
  const transaction = await stuck();
  const asked = await abort(transaction, { conflicts: 'keep_theirs' });
  expect(asked.isError).toBe(true);
  expect(asked.text).toContain('[approval_required]');
  expect(await mode()).toBe('theirs');
  const id = asked.text.match(/approval-\d+/)?.[0] ?? '';
  const { digest } = await run('approvals', 'show', id, '--json');
  expect(String(digest)).toMatch(/^[0-9a-f]{64}$/);
  await run('approvals', 'approve', id, '--yes', '--digest', String(digest), '--json');

  // Of the other decision it says nothing.
  const forced = await abort(transaction, { conflicts: 'force' });
  expect(forced.text).toContain('[approval_required]');
  const { data, text } = await abort(transaction, { conflicts: 'keep_theirs' });
  expect(data.state, text).toBe('ABORTED');
  expect(text).toContain('kept, as asked');
  expect(await mode()).toBe('theirs');
});

test('a hand edit that puts the value back ends it as well', async () => {
  const transaction = await stuck();
  await abort(transaction);
  const path = `/api/v1/namespaces/${bench.namespace}/configmaps/settings?fieldManager=kubectl-edit`;
  await cluster.request('PATCH', path, { data: { mode: 'fast' } });
  expect((await abort(transaction)).data.state).toBe('ABORTED');
});
