import { expect, onTestFinished, test } from 'vitest';
import { createListFeed, type FeedSettings, type ListFeed } from '../../src/cluster/feed.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { type ControlPlaneClient, startControlPlane, useCluster } from '../cluster/index.ts';
import { CONFIG_MAPS, connectTo, refusalOf } from './fixtures.ts';
import { swallowingProxy } from './swallowing-proxy.ts';

const cluster = useCluster();
const keep = (object: KubeObject) => object;

async function feedOver(kubeconfig: string, settings: FeedSettings = {}, timeoutMs = 15_000) {
  const connection = await connectTo(kubeconfig, { timeoutMs });
  const feed = createListFeed(connection, { followFrom: 1, ...settings });
  onTestFinished(() => feed.close());
  return feed;
}

/** What the feed says of the ConfigMaps in a namespace: name → data.value. */
async function valuesIn(feed: ListFeed, namespace: string): Promise<Record<string, unknown>> {
  const current = await feed.current({ resource: CONFIG_MAPS, namespace }, { keep });
  const items = current.items() ?? [];
  return Object.fromEntries(
    items
      .filter((it) => it.metadata.name !== 'kube-root-ca.crt')
      .map((it) => [it.metadata.name, (it.data as { value?: string }).value]),
  );
}

const path = (namespace: string, name = '') =>
  `/api/v1/namespaces/${namespace}/configmaps${name === '' ? '' : `/${name}`}`;

async function put(on: ControlPlaneClient, namespace: string, name: string, value: string) {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } };
  await on.apply({ ...object, data: { value } });
}

test('sees every write that was answered before, though it lists once', async () => {
  const namespace = await cluster.namespace('feed');
  const proxy = await swallowingProxy(cluster);
  const feed = await feedOver(proxy.kubeconfig);
  const expected: Record<string, string> = {};
  for (let round = 0; round < 40; round++) {
    const name = `map-${round % 7}`;
    if (round % 5 === 4 && name in expected) {
      delete expected[name];
      await cluster.request('DELETE', path(namespace, name));
    } else {
      expected[name] = `round ${round}`;
      await put(cluster, namespace, name, `round ${round}`);
    }
    expect(await valuesIn(feed, namespace)).toEqual(expected);
  }
  const lists = proxy.seen.filter((it) => it.includes('configmaps?') && !it.includes('watch='));
  expect(lists).toHaveLength(1);
});

test('what did not change stays the same object, and all is in the order of a list', async () => {
  const namespace = await cluster.namespace('feed');
  const feed = await feedOver(cluster.kubeconfig());
  const query = { resource: CONFIG_MAPS, namespace };
  const items = async () => (await feed.current(query, { keep })).items() ?? [];
  await put(cluster, namespace, 'b', '1');
  const before = await items();
  expect(await items()).toBe(before);
  await put(cluster, namespace, 'a', '1');
  const after = await items();
  expect(after.map((it) => it.metadata.name)).toEqual(['a', 'b', 'kube-root-ca.crt']);
  expect(after[1]).toBe(before[0]);
});

test('a connection that died silently, as behind a NAT, hides nothing', async () => {
  const namespace = await cluster.namespace('feed');
  const proxy = await swallowingProxy(cluster);
  const feed = await feedOver(proxy.kubeconfig);
  await put(cluster, namespace, 'map', 'before');
  await valuesIn(feed, namespace);
  expect(await valuesIn(feed, namespace)).toEqual({ map: 'before' });
  proxy.swallowOpenWatches();
  await put(cluster, namespace, 'map', 'after');
  expect(await valuesIn(feed, namespace)).toEqual({ map: 'after' });
});

test('a proxy that swallows what watches say, while all else passes, hides nothing', async () => {
  const namespace = await cluster.namespace('feed');
  const proxy = await swallowingProxy(cluster);
  const feed = await feedOver(proxy.kubeconfig, { proofMs: 500 });
  await put(cluster, namespace, 'map', 'before');
  await valuesIn(feed, namespace);
  expect(await valuesIn(feed, namespace)).toEqual({ map: 'before' });
  proxy.swallowWatches = true;
  for (const value of ['after', 'long after']) {
    await put(cluster, namespace, 'map', value);
    expect(await valuesIn(feed, namespace)).toEqual({ map: value });
  }
});

test('who may list but not watch gets lists, and nobody gets nothing', async () => {
  const namespace = await cluster.namespace('feed');
  await put(cluster, namespace, 'map', 'one');
  const nobody = await feedOver(cluster.kubeconfig('nobody'));
  expect(await refusalOf(valuesIn(nobody, namespace))).toMatchObject({ code: 'forbidden' });
  const metadata = { name: 'lister', namespace };
  await cluster.apply([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'lister' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'nobody' }],
    },
  ]);
  // The authoriser hears of the new binding a moment later.
  await cluster.waitFor('the permission', () => valuesIn(nobody, namespace));
  await put(cluster, namespace, 'map', 'two');
  expect(await valuesIn(nobody, namespace)).toEqual({ map: 'two' });
  await cluster.request(
    'DELETE',
    `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings/lister`,
  );
  await cluster.waitFor('the permission to be gone', async () => {
    const error: unknown = await valuesIn(nobody, namespace).catch((it: unknown) => it);
    return (error as { code?: string }).code === 'forbidden';
  });
});

test('an API server that stands still is never taken for quiet', async () => {
  const plane = await startControlPlane();
  onTestFinished(() => plane.stop());
  const namespace = await plane.namespace('feed');
  const feed = await feedOver(plane.kubeconfig(), { proofMs: 500 }, 1_000);
  await put(plane, namespace, 'map', 'before');
  await valuesIn(feed, namespace);
  expect(await valuesIn(feed, namespace)).toEqual({ map: 'before' });

  plane.pause();
  const error = await refusalOf(valuesIn(feed, namespace));
  expect(error.code).toBe('cluster_unreachable');
  plane.resume();
  await put(plane, namespace, 'map', 'after');
  await plane.waitFor('an answer', () => valuesIn(feed, namespace));
  expect(await valuesIn(feed, namespace)).toEqual({ map: 'after' });
});
