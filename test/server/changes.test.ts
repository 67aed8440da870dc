import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { at, useCluster } from '../cluster/index.ts';
import { connect, ROOT, type Session, temporaryFolder } from './support.ts';

const cluster = useCluster();
const POLICY = join(ROOT, 'test', 'story', 'policy.yaml');
const EXIT_MS = 2_000;

async function shop(): Promise<{ namespace: string; path: string }> {
  const namespace = await cluster.namespace('server');
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'app', namespace, labels: { app: 'catalog' } },
    data: { mode: 'fast' },
  });
  return { namespace, path: `/api/v1/namespaces/${namespace}/configmaps/app` };
}

function assistant(folder = temporaryFolder()): Promise<Session> {
  return connect({
    folder,
    args: ['--policy', POLICY],
    env: { KUBECONFIG: cluster.kubeconfig() },
  });
}

const dataOf = async (path: string) => at((await cluster.request('GET', path)).json, 'data');

test('a dry run shows the change and writes nothing', async () => {
  const { namespace, path } = await shop();
  const { call } = await assistant();
  const { payload } = await call('mitigate_patch', {
    kind: 'ConfigMap',
    name: 'app',
    namespace,
    patch: { data: { mode: 'slow' } },
    reason: 'test',
    dry_run: true,
  });
  expect(payload).toMatchObject({
    status: 'planned',
    summary: `Planned, nothing written: ConfigMap ${namespace}/app: patch data.mode.`,
    changes: [{ object: `ConfigMap ${namespace}/app`, class: 'exact' }],
  });
  expect(JSON.stringify(payload)).toContain('+  mode: slow');
  expect(await dataOf(path)).toEqual({ mode: 'fast' });
});

test('a change of its own is begun, made and committed; then it is there already', async () => {
  const { namespace, path } = await shop();
  const { call, audit } = await assistant();
  const args = {
    kind: 'cm',
    name: 'app',
    namespace,
    patch: { data: { mode: 'slow' } },
    reason: 'test',
  };
  const { payload, text } = await call('mitigate_patch', args);
  expect(payload, text).toMatchObject({
    status: 'committed',
    transaction: 'txn-1',
    severity_before: 0,
    severity_after: 0,
    verdict: { pass: true },
  });
  expect(await dataOf(path)).toEqual({ mode: 'slow' });
  expect((await call('mitigate_patch', args)).payload).toMatchObject({ status: 'no_change' });

  const undone = await call('undo_transaction', { transaction: 'txn-1', reason: 'test' });
  expect(undone.payload, undone.text).toMatchObject({ state: 'UNDONE', undo: { complete: true } });
  expect(await dataOf(path)).toEqual({ mode: 'fast' });

  const outcomes = audit().filter(({ kind, tool }) => kind === 'outcome' && tool !== null);
  expect(outcomes).toMatchObject([
    {
      tool: 'mitigate_patch',
      outcome: 'ok',
      decision: 'allow',
      rule: 'change-applications',
      transaction: 'txn-1',
      object: 'ConfigMap/app',
      namespace,
    },
    { tool: 'mitigate_patch', outcome: 'ok' },
    { tool: 'undo_transaction', outcome: 'ok', transaction: 'txn-1' },
  ]);
});

test('a change that makes things worse is taken back, and the answer says why', async () => {
  const { namespace } = await shop();
  const { call, audit } = await assistant();
  const { payload, text } = await call('mitigate_apply', {
    mode: 'create',
    manifest: broken(namespace),
    reason: 'test',
  });
  expect(payload, text).toMatchObject({ status: 'undone', undo: { complete: true } });
  expect(text).toContain('ErrImagePull');
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/broken`;
  expect((await cluster.request('GET', path, undefined, { allow: [404] })).status).toBe(404);
  expect(audit().findLast(({ kind }) => kind === 'outcome')).toMatchObject({ outcome: 'refused' });
});

test('a refused change leaves no transaction behind', async () => {
  const { call } = await assistant();
  const refused = await call('mitigate_apply', {
    mode: 'create',
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' } },
    namespace: 'kube-system',
    reason: 'test',
  });
  expect(refused.isError).toBe(true);
  expect(refused.text).toContain('[policy_refused]');
  expect(refused.text).toContain('Rule: ');
  expect((await call('transaction_status')).payload).toMatchObject({ total: 0 });
});

test('begin, change, undo the last command, abort', async () => {
  const { namespace, path } = await shop();
  const { call } = await assistant();
  const begun = await call('transaction_begin', { reason: 'test', namespaces: [namespace] });
  expect(begun.payload, begun.text).toMatchObject({ transaction: 'txn-1', severity_before: 0 });
  const change = (patch: JsonObject) =>
    call('mitigate_patch', {
      kind: 'ConfigMap',
      name: 'app',
      namespace,
      patch,
      reason: 'test',
      transaction: 'txn-1',
    });
  expect((await change({ data: { a: '1' } })).payload).toMatchObject({
    status: 'applied',
    budget: { commands_left: 19 },
  });
  await change({ data: { b: '2' } });
  expect(await dataOf(path)).toEqual({ mode: 'fast', a: '1', b: '2' });
  await call('undo_last', { transaction: 'txn-1', reason: 'test' });
  expect(await dataOf(path)).toEqual({ mode: 'fast', a: '1' });
  const labelled = await call('mitigate_set_metadata', {
    kind: 'configmap',
    selector: 'app=catalog',
    namespace,
    labels: { tier: 'back' },
    reason: 'test',
    transaction: 'txn-1',
  });
  expect(labelled.payload, labelled.text).toMatchObject({ status: 'applied' });
  const aborted = await call('transaction_abort', { transaction: 'txn-1', reason: 'test' });
  expect(aborted.payload, aborted.text).toMatchObject({ state: 'ABORTED' });
  expect(await dataOf(path)).toEqual({ mode: 'fast' });
  const status = await call('transaction_status', { transaction: 'txn-1' });
  expect(status.payload).toMatchObject({ state: 'ABORTED', mine: false });
});

test('progress is reported while a commit settles', async () => {
  const { namespace } = await shop();
  const { client, call } = await assistant();
  await call('transaction_begin', { reason: 'test', namespaces: [namespace] });
  const seen: number[] = [];
  const result = await client.callTool(
    { name: 'transaction_commit', arguments: { transaction: 'txn-1' } },
    undefined,
    { onprogress: ({ progress }) => seen.push(progress) },
  );
  expect(result.structuredContent).toMatchObject({ status: 'committed' });
  expect(seen.length).toBeGreaterThan(1);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test('leaves in the middle of a transaction within two seconds, and nothing stays', async () => {
  const { namespace, path } = await shop();
  const folder = temporaryFolder();
  const first = await assistant(folder);
  await first.call('transaction_begin', { reason: 'test', namespaces: [namespace] });
  await first.call('mitigate_patch', {
    kind: 'ConfigMap',
    name: 'app',
    namespace,
    patch: { data: { mode: 'broken' } },
    reason: 'test',
    transaction: 'txn-1',
  });
  expect(await dataOf(path)).toEqual({ mode: 'broken' });
  const closed = new Promise<'closed'>((resolve) => {
    first.client.onclose = () => resolve('closed');
  });
  // The client ends stdin, as assistants do, and sends no signal before two seconds are over.
  void first.client.close();
  expect(await Promise.race([closed, sleep(EXIT_MS, 'still there' as const)])).toBe('closed');

  const second = await assistant(folder);
  await cluster.waitFor('the old data', async () => {
    const data = (await dataOf(path)) as JsonObject;
    return data.mode === 'fast';
  });
  const { payload } = await second.call('transaction_status', { transaction: 'txn-1' });
  expect(payload).toMatchObject({ state: 'ABORTED' });
});

function broken(namespace: string): JsonObject {
  const labels = { app: 'broken' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'broken', namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'registry.example/nobody/knows:1' }] },
      },
    },
  };
}

test('no transaction begins in a namespace that is not there', async () => {
  const { call } = await assistant();
  const { text } = await call('transaction_begin', { reason: 'test', namespaces: ['no-such-one'] });
  expect(text).toContain("Namespace no-such-one doesn't exist. [not_found]");
});
