import { expect, onTestFinished, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { leftPayload } from '../../src/tools/transaction/left.ts';
import { useCluster } from '../cluster/index.ts';
import { make } from './barred.ts';
import { mustRead, read, urlOf, useBench } from './bench.ts';

const cluster = useCluster();
const bench = useBench(cluster);

test('a namespace that somebody deletes meanwhile: the undo names it and ends', async () => {
  const namespace = await cluster.namespace('leaving');
  const ref = (name: string): ObjectRef => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    namespace,
    name,
  });
  const [kept, deleted] = [ref('kept'), ref('deleted')];
  // Outlives the deletion of its namespace until somebody lets it go.
  const metadata = { finalizers: ['example.com/wait'] };
  const data = { mode: 'old' };
  await make(cluster, kept, { metadata, data });
  await make(cluster, deleted, { data });
  onTestFinished(async () => {
    await cluster.request('PATCH', urlOf(kept), { metadata: { finalizers: null } });
  });
  const transaction = await bench.begun(namespace, [deleted]);
  await bench.step(transaction, deleted, { verb: 'delete' });
  const place: ObjectRef = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  await cluster.request('DELETE', urlOf(place));
  await cluster.waitFor('its contents to go', async () => {
    return (await mustRead(cluster, kept)).metadata.deletionTimestamp !== undefined;
  });

  const { undo, transaction: view } = await bench.abort(transaction);
  expect([view.state, undo.complete]).toEqual(['ABORT_INCOMPLETE', false]);
  expect(view.steps).toMatchObject([{ object: deleted, state: 'UNDO_IMPOSSIBLE' }]);
  const { needs_human: left } = leftPayload(view);
  expect(left).toMatchObject([
    {
      object: `ConfigMap ${namespace}/deleted`,
      why: expect.stringContaining(`because it is being terminated`),
      resolve: expect.arrayContaining([
        expect.stringContaining(`transactions accept ${transaction}`),
      ]),
    },
  ]);
  expect(await read(cluster, deleted)).toBeUndefined();
});
