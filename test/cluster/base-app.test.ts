import { expect, test } from 'vitest';
import { baseApp, baseAppReady } from './base-app.ts';
import { at, objectsOf, useCluster } from './index.ts';

const cluster = useCluster();

test('the demo shop comes up whole, and applying it again changes nothing', async () => {
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

  await cluster.apply(shop);
  expect(await baseAppReady(cluster, namespace)).toBe(true);
});
