import type { ServerResponse } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { createListFeed } from '../../src/cluster/feed.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { badServer, CONFIG_MAPS, connectTo, writeKubeconfig } from './fixtures.ts';

const line = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;
const map = (version: number, value: string) => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', data: { value } },
  metadata: { name: 'map', namespace: 'shop', resourceVersion: String(version) },
});
const END = { 'k8s.io/initial-events-end': 'true' };

/**
 * Behaves as kube-apiserver does when a write reaches its cache only while a proof asks for it: the
 * empty watch is told at once, an open watch some milliseconds later, and a new one replays it.
 */
async function lateCache() {
  let written = false;
  let cached = false;
  const open = new Set<ServerResponse>();
  const { url } = await badServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://late');
    if (!searchParams.has('watch')) {
      const metadata = { resourceVersion: '100' };
      response.end(JSON.stringify({ kind: 'ConfigMapList', metadata, items: [map(100, 'old')] }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (searchParams.get('sendInitialEvents') !== 'true') {
      if (cached) response.write(line('MODIFIED', map(101, 'new')));
      open.add(response);
      return;
    }
    setTimeout(() => {
      const metadata = { resourceVersion: written ? '101' : '100', annotations: END };
      response.write(line('BOOKMARK', { kind: 'ConfigMap', metadata }));
      if (!written) return;
      cached = true;
      const late = [...open];
      setTimeout(() => {
        for (const it of late) it.write(line('MODIFIED', map(101, 'new')));
      }, 5);
    }, 20);
  });
  return {
    url,
    write: () => {
      written = true;
    },
  };
}

test('what the cache gets during the proof is in the answer', async () => {
  const api = await lateCache();
  const feed = createListFeed(await connectTo(writeKubeconfig({ server: api.url })), {
    followFrom: 1,
  });
  onTestFinished(() => feed.close());
  const keep = (object: KubeObject) => object;
  const value = async () => {
    const current = await feed.current({ resource: CONFIG_MAPS, namespace: 'shop' }, { keep });
    return current.items()?.map((it) => it.data);
  };
  expect(await value()).toEqual([{ value: 'old' }]);
  expect(await value()).toEqual([{ value: 'old' }]);
  api.write();
  expect(await value()).toEqual([{ value: 'new' }]);
});
