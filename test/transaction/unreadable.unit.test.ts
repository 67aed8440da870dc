import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import type { ClusterReader, ObjectKey } from '../../src/cluster/types.ts';
import { unreadableOf } from '../../src/transaction/unreadable.ts';

const KEY: ObjectKey = {
  resource: {
    group: 'example.com',
    version: 'v2',
    apiVersion: 'example.com/v2',
    kind: 'Thing',
    plural: 'things',
    singular: 'thing',
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: ['get'],
    subresources: [],
  },
  namespace: 'shop',
  name: 'used',
};

/** A server that answers each path with a Status of this code. */
async function answering(codeOf: (path: string) => number): Promise<ClusterReader> {
  const server = createServer((request, response) => {
    const code = codeOf(request.url ?? '');
    response.writeHead(code, { 'content-type': 'application/json' });
    const message = `said ${code}`;
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', code, message }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const folder = mkdtempSync(join(tmpdir(), 'unreadable-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'one',
      clusters: [{ name: 'one', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'one', user: {} }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    }),
  );
  const connection = await connectCluster({ kubeconfig, env: {} });
  onTestFinished(async () => {
    await connection.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return createReader(connection);
}

async function thrownBy(reader: ClusterReader): Promise<unknown> {
  return await reader.get(KEY).then(
    () => undefined,
    (error: unknown) => error,
  );
}

test('what only one object is answered is about that object', async () => {
  for (const code of [500, 503]) {
    const reader = await answering((path) => (path.endsWith('/used') ? code : 404));
    const error = await unreadableOf({ reader }, KEY, await thrownBy(reader));
    expect(error).toMatchObject({ code: 'outcome_unknown' });
    expect(error?.message).toContain('Thing shop/used');
    expect(error?.message).toContain(`said ${code}`);
  }
});

test('where an owner or a child could not be read, the sentence does not say that the object itself could not', async () => {
  const reader = await answering((path) => (path.endsWith('/owner') ? 500 : 404));
  const thrown = await reader.get({ ...KEY, name: 'owner' }).catch((error: unknown) => error);
  const error = await unreadableOf({ reader }, KEY, thrown);
  expect(error?.message).toMatch(/^What has to be known about Thing shop\/used could not be read/);
});

test('what every path is answered is about the API server, and no object ends by it', async () => {
  for (const code of [500, 503, 403, 401]) {
    const reader = await answering((path) => (path.endsWith('/used') ? 503 : code));
    expect(await unreadableOf({ reader }, KEY, await thrownBy(reader))).toBeUndefined();
  }
});

test('an API server that is asked too much, and an error of another kind, are not about the object', async () => {
  for (const code of [429, 403, 400]) {
    const reader = await answering((path) => (path.endsWith('/used') ? code : 404));
    expect(await unreadableOf({ reader }, KEY, await thrownBy(reader))).toBeUndefined();
  }
  const reader = await answering(() => 404);
  expect(await unreadableOf({ reader }, KEY, new Error('a defect'))).toBeUndefined();
});
