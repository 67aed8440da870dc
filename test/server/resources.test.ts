import { join } from 'node:path';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { connect, ROOT, type Session, temporaryFolder } from './support.ts';

const cluster = useCluster();
const POLICY = join(ROOT, 'test', 'recovery', 'policy.yaml');

function assistant(folder: string): Promise<Session> {
  return connect({
    folder,
    args: ['--policy', POLICY],
    env: { KUBECONFIG: cluster.kubeconfig() },
  });
}

async function read({ client }: Session, uri: string): Promise<Record<string, unknown>> {
  const [first] = (await client.readResource({ uri })).contents;
  return JSON.parse(first !== undefined && 'text' in first ? first.text : '');
}

test('whoever watches a transaction hears of it, also when another server writes', async () => {
  const namespace = await cluster.namespace('watched');
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'app', namespace },
    data: { mode: 'fast' },
  });
  const folder = temporaryFolder();
  const writer = await assistant(folder);
  const watcher = await assistant(folder);
  const heard: string[] = [];
  watcher.client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
    heard.push(params.uri);
  });
  const begun = await writer.call('transaction_begin', { namespaces: [namespace], reason: 'test' });
  const uri = `stratus://transactions/${String(begun.payload.transaction)}`;
  for (const each of [uri, `${uri}/audit`, 'stratus://transactions']) {
    await watcher.client.subscribeResource({ uri: each });
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  heard.length = 0;

  const { transaction } = begun.payload;
  const change = { kind: 'ConfigMap', namespace, name: 'app', reason: 'test', transaction };
  await writer.call('mitigate_patch', { ...change, patch: { data: { mode: 'slow' } } });
  await expect
    .poll(() => [...new Set(heard)].sort(), { timeout: 10_000 })
    .toEqual(['stratus://transactions', uri, `${uri}/audit`]);
  expect(await read(watcher, uri)).toMatchObject({ state: 'OPEN', mine: false, commands: 1 });

  heard.length = 0;
  await writer.call('transaction_commit', { transaction });
  await expect.poll(() => heard, { timeout: 10_000 }).toContain(uri);
  expect(await read(watcher, uri)).toMatchObject({ state: 'COMMITTED' });
  expect(await read(watcher, 'stratus://transactions')).toMatchObject({ total: 1 });
  expect(JSON.stringify(await read(watcher, `${uri}/audit`))).toContain('COMMIT_DECIDED');

  const { completion } = await watcher.client.complete({
    ref: { type: 'ref/resource', uri: 'stratus://transactions/{transaction}' },
    argument: { name: 'transaction', value: '' },
  });
  expect(completion.values).toEqual([transaction]);
  await expect(
    watcher.client.readResource({ uri: 'stratus://transactions/txn-99' }),
  ).rejects.toThrow('transaction_not_found');
});
