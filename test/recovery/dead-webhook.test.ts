import { expect, test } from 'vitest';
import { at } from '../../src/core/json.ts';
import { answers, LABEL, webhookDies } from '../cluster/dead-webhook.ts';
import { useCluster } from '../cluster/index.ts';
import {
  begin,
  expectNoMarks,
  expectUntouched,
  kill,
  openBench,
  setMode,
  settled,
} from './bench.ts';

const cluster = useCluster();

/** Until no server works on it any more; it may need a person then. */
async function ended(read: () => string | undefined): Promise<void> {
  await cluster.waitFor(
    'the recovery to end',
    async () => ['ABORTED', 'ABORT_INCOMPLETE'].includes(read() ?? ''),
    120_000,
  );
}

test('a recovery that a dead webhook refuses ends, and still knows what may be on its way', {
  timeout: 240_000,
}, async () => {
  const bench = await openBench(cluster, 'refused');
  const { namespace } = bench;
  const url = `/api/v1/namespaces/${namespace}/configmaps/settings`;
  await cluster.request('PATCH', url, { metadata: { labels: { [LABEL]: 'recovery' } } });
  const before = await bench.configMap('settings');
  const dying = await bench.start({ STRATUS_CRASHPOINT: 'cluster.send.before' });
  const transaction = await begin(dying, bench);
  await setMode(dying, bench, 'slow', { transaction }).catch(() => undefined);
  await dying.exited;
  const remove = await webhookDies(cluster, namespace, 'recovery', '', 'configmaps');
  await answers(cluster, 500, url);

  const server = await bench.start();
  try {
    await ended(() => bench.rows()[0]?.state);
    expect(bench.rows()).toMatchObject([{ state: 'ABORT_INCOMPLETE' }]);
    // Not known is not undone, and not impossible either: it is to be fenced first.
    expect(bench.steps(transaction)).toMatchObject([{ state: 'INTENT' }]);
    const status = await server.call('transaction_status', { transaction });
    expect(status.data, status.text).toMatchObject({ state: 'ABORT_INCOMPLETE' });
    expect(JSON.stringify(at(status.data, 'needs_human'))).toContain('failed calling webhook');

    await remove();
    await answers(cluster, 200, url);
    const again = await server.call('transaction_abort', { transaction, reason: 'repaired' });
    expect(again.data, again.text).toMatchObject({ state: 'ABORTED' });
    expect(await settled(server)).toMatchObject([{ state: 'ABORTED' }]);
    expectUntouched(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
  } finally {
    await kill(server);
    bench.remove();
  }
});
