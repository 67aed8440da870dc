import { beforeAll, expect, test } from 'vitest';
import { API_SERVER_GROUPS } from '../../src/core/api-groups.ts';
import { at, objectsOf } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { customKind } from './again.ts';
import { expectRestored, mustRead, useBench } from './bench.ts';

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

test('a route of the Gateway API is a custom resource, for all its k8s.io', async () => {
  const kind = await customKind(cluster, namespace, {
    group: 'gateway.networking.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://example.com/approved' },
    version: { subresources: { status: {} } },
  });
  const { ref, before } = await kind.make('route', { spec: { hostnames: ['old.example.com'] } });
  const transaction = await bench.begun(namespace);
  const patch = { spec: { hostnames: ['new.example.com'] } };
  await bench.step(transaction, ref, { verb: 'patch', patchType: 'merge', patch });
  expect((await mustRead(cluster, ref)).spec).toEqual(patch.spec);
  await bench.aborted(transaction);
  expectRestored(before, await mustRead(cluster, ref));
});

test('every group that the API server itself serves is known as such', async () => {
  const path = '/apis/apiregistration.k8s.io/v1/apiservices';
  const selector = 'labelSelector=kube-aggregator.kubernetes.io/automanaged%3Donstart';
  const { json } = await cluster.request('GET', `${path}?${selector}`);
  const served = objectsOf(json.items).map((one) => `${at(one, 'spec', 'group') ?? ''}`);
  expect(served).toContain('apps');
  expect(served.filter((name) => !API_SERVER_GROUPS.includes(name))).toEqual([]);
});
