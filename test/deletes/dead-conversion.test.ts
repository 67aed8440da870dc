import { beforeAll, expect, test } from 'vitest';
import { convertedKind } from '../cluster/dead-conversion.ts';
import { useCluster } from '../cluster/index.ts';
import { begin, deletesBench, done } from './bench.ts';

const cluster = useCluster();
let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('dead-conversion');
});

const reason = 'test';

test('a commit whose clean-up meets an object that nothing converts ends in a state that tells', {
  timeout: 240_000,
}, async () => {
  const { group, webhookDies, webhookIsBack } = await convertedKind(cluster, namespace);
  const manifest = {
    apiVersion: `${group}/v2`,
    kind: 'Thing',
    metadata: { name: 'fresh', namespace },
    spec: { mode: 'new' },
  };
  const bench = deletesBench(cluster);
  const dying = await bench.start({ STRATUS_CRASHPOINT: 'journal.move.COMMIT_DECIDED.after:1' });
  const transaction = await begin(dying, [namespace]);
  await done(dying, 'mitigate_apply', { manifest: JSON.stringify(manifest), transaction, reason });
  await expect(dying.call('transaction_commit', { transaction })).rejects.toThrow();
  await dying.exited;
  await webhookDies();

  const server = await bench.start();
  const stateOf = async () => (await done(server, 'transaction_status', { transaction })).data;
  await cluster.waitFor(
    'the commit to end',
    async () => (await stateOf()).state === 'COMMIT_INCOMPLETE',
    60_000,
  );
  expect(JSON.stringify((await stateOf()).needs_human)).toContain('conversion webhook');

  await webhookIsBack();
  const again = await done(server, 'transaction_abort', { transaction, reason });
  expect(again.data).toMatchObject({ state: 'COMMITTED' });
  const url = `/apis/${group}/v2/namespaces/${namespace}/things/fresh`;
  expect((await cluster.request('GET', url)).text).not.toContain('stratus.dev');
});
