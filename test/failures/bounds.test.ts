import { expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { begin, expectUntouched, kill, openBench, setMode } from '../recovery/bench.ts';
import { expectRefused } from './teaches.ts';

const cluster = useCluster();

test('after K commands no more; the two that were made can be taken back', {
  timeout: 60_000,
}, async () => {
  const bench = await openBench(cluster, 'bounds');
  const server = await bench.start();
  try {
    const before = await bench.configMap('settings');
    const transaction = await begin(server, bench);
    await setMode(server, bench, 'one', { transaction });
    const undone = await server.call('undo_last', { transaction, reason: 'test' });
    expect(undone.isError, undone.text).toBe(false);
    expectUntouched(await bench.configMap('settings'), before);
    // What was taken back counts all the same: K bounds the risk that was taken.
    await setMode(server, bench, 'two', { transaction });
    const third = await setMode(server, bench, 'three', { transaction });
    expectRefused(third, 'bound_exceeded', 'bounds.commands');
    expect((await bench.configMap('settings'))?.data).toMatchObject({ mode: 'two' });
    const aborted = await server.call('transaction_abort', { transaction, reason: 'test' });
    expect(aborted.data, aborted.text).toMatchObject({ state: 'ABORTED' });
    expectUntouched(await bench.configMap('settings'), before);
  } finally {
    await kill(server);
    bench.remove();
  }
});

test('a transaction that wrote nothing ends clean, also when something else breaks meanwhile', {
  timeout: 60_000,
}, async () => {
  const bench = await openBench(cluster, 'drift');
  const server = await bench.start();
  const { namespace } = bench;
  try {
    const transaction = await begin(server, bench);
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'broken', namespace },
      spec: { containers: [{ name: 'web', image: 'local/web:nope' }] },
    });
    await cluster.waitFor('severity to rise', async () => {
      const { data } = await server.call('observe_health', { namespace });
      return Number(data.severity) > 0;
    });
    const aborted = await server.call('transaction_abort', { transaction, reason: 'test' });
    expect(aborted.data, aborted.text).toMatchObject({ state: 'ABORTED' });
    await begin(server, bench);
  } finally {
    await kill(server);
    bench.remove();
  }
});
