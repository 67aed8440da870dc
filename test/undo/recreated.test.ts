import { beforeAll, expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { customKind } from './again.ts';
import { mustRead, useBench } from './bench.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('recreated');
});

test('a status that is no subresource is data, and comes back with the object', async () => {
  const kind = await customKind(cluster, namespace, {});
  const status = { phase: 'Bound', secret: 'db-1' };
  const { ref, before } = await kind.make('claim', { spec: { size: 1 }, status });
  expect(before.status).toEqual(status);
  const transaction = await bench.begun(namespace, [ref]);
  await bench.step(transaction, ref, { verb: 'delete' });
  await bench.aborted(transaction);
  const after = await mustRead(cluster, ref);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect(after.status).toEqual(status);
  expect(after.spec).toEqual(before.spec);
});
