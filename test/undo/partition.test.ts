import { expect, test } from 'vitest';
import { at, type JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { make } from './barred.ts';
import { expectRestored, mustRead, read, useBench, writeAs } from './bench.ts';

const cluster = useCluster();
const bench = useBench(cluster);

/** A template of the set, by its image and a note. */
const template = (image: string, note: string): JsonObject => ({
  metadata: { labels: { app: 'held' }, annotations: { note } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image }] },
});

test('an unready pod that a partition holds back on the older template stays', async () => {
  const namespace = await cluster.namespace('partition');
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: 'held' };
  const pod = (name: string) => read(cluster, { apiVersion: 'v1', kind: 'Pod', namespace, name });
  const noted = (note: string) =>
    cluster.waitFor(`held-1 with ${note}`, async () => {
      const { status } = await mustRead(cluster, ref);
      const isReady = at(status, 'readyReplicas') === 1 && at(status, 'updatedReplicas') === 1;
      return isReady && (await pod('held-1'))?.metadata.annotations?.note === note;
    });
  await make(cluster, ref, {
    spec: {
      replicas: 2,
      serviceName: 'held',
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
      selector: { matchLabels: { app: 'held' } },
      template: template('local/web:nope', 'broken'),
    },
  });
  const held = await cluster.waitFor('the first pod', async () => (await pod('held-0'))?.metadata);
  // Somebody tries a repair on one of the two pods.
  const canary = { spec: { template: template('local/web:1', 'canary') } };
  await writeAs(cluster, 'kubectl-edit', ref, 'strategic', canary);
  await noted('canary');
  const before = await mustRead(cluster, ref);

  const transaction = await bench.begun(namespace);
  const patch = { spec: { template: template('local/web:1', 'ours') } };
  await bench.step(transaction, ref, { verb: 'patch', patchType: 'strategic', patch });
  await noted('ours');
  await bench.aborted(transaction);
  await noted('canary');
  expectRestored(before, await read(cluster, ref));
  expect((await pod('held-0'))?.metadata.uid).toBe(held.uid);
});
