import { beforeAll, expect, test } from 'vitest';
import { answers, LABEL, webhookDies } from '../cluster/dead-webhook.ts';
import { useOwnCluster } from '../cluster/index.ts';
import type { Answer, Assistant } from '../story/client.ts';
import { mustRead, read, urlOf } from '../undo/bench.ts';
import { begin, boundClaim, deletesBench, done } from './bench.ts';

// Alone: what is deleted here is cluster-wide, so the gate measures every namespace.
const cluster = await useOwnCluster({ nodes: 1 });
let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('dead-webhook');
});

const reason = 'test';

/** The answer once there is nothing to wait for. */
async function committed(server: Assistant, transaction: string): Promise<Answer> {
  for (;;) {
    const answer = await server.call('transaction_commit', { transaction });
    if (answer.data.status !== 'settling') return answer;
  }
}

const stateOf = async (server: Assistant, transaction: string) =>
  (await done(server, 'transaction_status', { transaction })).data;

test('a put-off delete that gets no clear answer ends the commit in a state that tells, and is done when it can be', {
  timeout: 240_000,
}, async () => {
  const { claim } = await boundClaim(cluster, namespace, 'asked', 'Delete');
  await cluster.request('PATCH', urlOf(claim), { metadata: { labels: { [LABEL]: 'claims' } } });
  const server = await deletesBench(cluster).start();
  const reduced = [`PersistentVolumeClaim/${namespace}/asked`];
  const transaction = await begin(server, [namespace], reduced);
  const remove = { kind: 'PersistentVolumeClaim', name: 'asked', namespace, reason };
  await done(server, 'mitigate_delete', { ...remove, transaction });
  const repair = await webhookDies(cluster, namespace, 'claims', '', 'persistentvolumeclaims');
  await answers(cluster, 500, urlOf(claim));

  expect((await committed(server, transaction)).text).toContain('failed calling webhook');
  const left = await stateOf(server, transaction);
  expect(left.state).toBe('COMMIT_INCOMPLETE');
  expect(JSON.stringify(left.needs_human)).toContain('validatingwebhookconfigurations');
  expect((await mustRead(cluster, claim)).metadata.deletionTimestamp).toBeUndefined();

  await repair();
  await answers(cluster, 200, urlOf(claim));
  const again = await done(server, 'transaction_abort', { transaction, reason });
  expect(again.data).toMatchObject({ state: 'COMMITTED', undo: { complete: false } });
  expect(again.data.summary).toContain('Its commit was already decided, and is completed now');
  expect(again.data.next).toContain('undo_transaction takes it all back');
  expect((await stateOf(server, transaction)).state).toBe('COMMITTED');
  await cluster.waitFor('the claim to go', async () => (await read(cluster, claim)) === undefined);
});

test('a mark that can not be taken off ends the commit in a state that tells', {
  timeout: 120_000,
}, async () => {
  const server = await deletesBench(cluster).start();
  const transaction = await begin(server, [namespace]);
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'fresh', namespace, labels: { [LABEL]: 'settings' } },
    data: { mode: 'new' },
  };
  await done(server, 'mitigate_apply', { manifest: JSON.stringify(manifest), transaction, reason });
  const url = `/api/v1/namespaces/${namespace}/configmaps/fresh`;
  const repair = await webhookDies(cluster, namespace, 'settings', '', 'configmaps');
  await answers(cluster, 500, url);

  expect((await committed(server, transaction)).text).toContain('still carries the label');
  await repair();
  await answers(cluster, 200, url);
  const again = await done(server, 'transaction_abort', { transaction, reason });
  expect(again.data).toMatchObject({ state: 'COMMITTED', undo: { complete: false } });
  expect(again.data.next).toContain('undo_transaction takes it all back');
  expect((await cluster.request('GET', url)).text).not.toContain('stratus.dev');
});
