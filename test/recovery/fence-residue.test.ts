import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { at, useCluster } from '../cluster/index.ts';
import { begin, kill, openBench, settled } from './bench.ts';

const cluster = useCluster();

// The Deployment controller copies annotations of a Deployment to its ReplicaSet, and takes none off again.
test('a fence that stood for a while leaves nothing on the ReplicaSets', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'fenced');
  const { namespace } = bench;
  const labels = { app: 'web' };
  const containers = [{ name: 'web', image: 'local/web:1' }];
  await cluster.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  });
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const read = async (path: string) => (await cluster.request('GET', `${apps}/${path}`)).json;
  await cluster.waitFor('the Deployment to be available', async () => {
    return at(await read('deployments/web'), 'status', 'availableReplicas') === 1;
  });

  const dying = await bench.start({ STRATUS_CRASHPOINT: 'cluster.send.before' });
  const transaction = await begin(dying, bench);
  const change = { kind: 'Deployment', name: 'web', namespace, image: 'local/web:2' };
  await dying
    .call('mitigate_set_container', { ...change, transaction, reason: 'test' })
    .catch(() => undefined);
  await dying.exited;
  const fencing = await bench.start({ STRATUS_CRASHPOINT: 'cluster.fence.after' });
  await fencing.exited;
  expect(JSON.stringify(await read('deployments/web'))).toContain('stratus.dev/fence');
  // Time for the controller to look at it.
  await sleep(1_500);

  const server = await bench.start();
  await settled(server);
  expect(bench.rows()).toMatchObject([{ state: 'ABORTED' }]);
  for (const path of ['deployments', 'replicasets']) {
    expect(JSON.stringify(await read(path)), path).not.toContain('stratus.dev/');
  }
  await kill(server);
  bench.remove();
});
