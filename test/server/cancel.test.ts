import { join } from 'node:path';
import { expect, test } from 'vitest';
import { at, useCluster } from '../cluster/index.ts';
import { connect, ROOT, type Session } from './support.ts';

const cluster = useCluster();
const POLICY = join(ROOT, 'test', 'story', 'policy.yaml');

async function shop(): Promise<{ namespace: string; mode: () => Promise<unknown> }> {
  const namespace = await cluster.namespace('cancel');
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'app', namespace },
    data: { mode: 'fast' },
  });
  const path = `/api/v1/namespaces/${namespace}/configmaps/app`;
  return {
    namespace,
    mode: async () => at((await cluster.request('GET', path)).json, 'data', 'mode'),
  };
}

function assistant(): Promise<Session> {
  return connect({ args: ['--policy', POLICY], env: { KUBECONFIG: cluster.kubeconfig() } });
}

/** Starts a call and cancels it as soon as the server says that it waits, as a client does on Escape. */
async function cancelled(session: Session, name: string, args: Record<string, unknown>) {
  const leave = new AbortController();
  const call = session.client.callTool({ name, arguments: args }, undefined, {
    signal: leave.signal,
    onprogress: ({ message }) => {
      if (message?.startsWith('severity ')) leave.abort('the person pressed Escape');
    },
  });
  await expect(call).rejects.toThrow('the person pressed Escape');
}

const patch = (namespace: string, mode: string) => ({
  kind: 'ConfigMap',
  name: 'app',
  namespace,
  patch: { data: { mode } },
  reason: 'test',
});

const stateOf = async (session: Session, transaction: string) =>
  (await session.call('transaction_status', { transaction })).payload.state;

test('a change of its own that is cancelled while it settles is taken back', async () => {
  const { namespace, mode } = await shop();
  const session = await assistant();
  await cancelled(session, 'mitigate_patch', patch(namespace, 'slow'));
  await expect.poll(() => stateOf(session, 'txn-1'), { timeout: 20_000 }).toBe('ABORTED');
  expect(await mode()).toBe('fast');
  await expect
    .poll(() =>
      session.audit().find(({ kind, tool }) => kind === 'outcome' && tool === 'mitigate_patch'),
    )
    .toMatchObject({ outcome: 'failed', detail: { code: 'cancelled' }, transaction: 'txn-1' });
  // Nothing is left that would keep the next one out.
  const next = await session.call('mitigate_patch', patch(namespace, 'slow'));
  expect(next.payload, next.text).toMatchObject({ status: 'committed', transaction: 'txn-2' });
});

test('a commit that is cancelled goes on, and can be asked for again', async () => {
  const { namespace, mode } = await shop();
  const session = await assistant();
  const begun = await session.call('transaction_begin', {
    namespaces: [namespace],
    reason: 'test',
  });
  const { transaction } = begun.payload;
  await session.call('mitigate_patch', { ...patch(namespace, 'slow'), transaction });
  await cancelled(session, 'transaction_commit', { transaction });
  const again = await session.call('transaction_commit', { transaction });
  expect(again.payload, again.text).toMatchObject({ status: 'committed' });
  expect(await mode()).toBe('slow');
});

test('a call that is cancelled before it did anything leaves a row and nothing else', async () => {
  const { namespace, mode } = await shop();
  const session = await assistant();
  const leave = new AbortController();
  const call = session.client.callTool(
    { name: 'mitigate_patch', arguments: patch(namespace, 'slow') },
    undefined,
    { signal: leave.signal },
  );
  leave.abort('never mind');
  await expect(call).rejects.toThrow('never mind');
  await expect
    .poll(() =>
      session.audit().find(({ kind, tool }) => kind === 'outcome' && tool === 'mitigate_patch'),
    )
    .toMatchObject({ outcome: 'failed', detail: { code: 'cancelled' } });
  expect(await mode()).toBe('fast');
});
