import { expect, test } from 'vitest';
import { BASE_APPS, baseApp, baseAppReady } from './base-app.ts';
import { at, objectsOf, useCluster } from './index.ts';

const cluster = useCluster();

test('the demo shop comes up whole: pods, endpoints, claim', async () => {
  const namespace = await cluster.namespace('shop');
  const shop = baseApp({ namespace, node: cluster.nodes[0] });
  await cluster.apply(shop);
  await cluster.waitFor('the shop', () => baseAppReady(cluster, namespace), 50_000);

  const list = async (path: string) =>
    objectsOf(at((await cluster.request('GET', path)).json, 'items'));
  const pods = await list(`/api/v1/namespaces/${namespace}/pods`);
  expect(pods).toHaveLength(12);
  expect(pods.filter((pod) => at(pod, 'status', 'phase') !== 'Running')).toEqual([]);
  const database = pods.find((pod) => at(pod, 'metadata', 'labels', 'app') === 'db');
  expect(at(database, 'spec', 'nodeName')).toBe(cluster.nodes[0]);

  const [claim] = await list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`);
  expect(at(claim, 'status', 'phase')).toBe('Bound');

  const slices = await list(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`);
  for (const { name, replicas } of BASE_APPS) {
    const slice = slices.find(
      (it) => at(it, 'metadata', 'labels', 'kubernetes.io/service-name') === name,
    );
    const ready = objectsOf(at(slice, 'endpoints')).filter(
      (it) => at(it, 'conditions', 'ready') === true,
    );
    expect([name, ready.length]).toEqual([name, replicas]);
  }

  // Applying it again changes nothing: arranging a test twice is harmless.
  await cluster.apply(shop);
  expect(await baseAppReady(cluster, namespace)).toBe(true);
});
