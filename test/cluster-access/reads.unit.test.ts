import { expect, test } from 'vitest';
import { createReader } from '../../src/cluster/reader.ts';
import type { WatchEvent } from '../../src/cluster/types.ts';
import {
  badServer,
  CONFIG_MAPS,
  connectTo,
  connectToBadServer,
  refusalOf,
  writeKubeconfig,
} from './fixtures.ts';

const key = { resource: CONFIG_MAPS, namespace: 'shop', name: 'settings' };
const status = (code: number, message = 'A sentence.') =>
  JSON.stringify({ kind: 'Status', status: 'Failure', code, reason: 'Why', message });

test.each([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [410, 'conflict'],
  [429, 'cluster_error'],
  [500, 'cluster_error'],
])('%i is %s', async (code, expected) => {
  const connection = await connectToBadServer((_request, response) => {
    response.writeHead(code).end(status(code));
  });
  const error = await refusalOf(createReader(connection).get(key));
  expect(error.code).toBe(expected);
  if (code !== 401) expect(error.message).toContain('A sentence.');
});

test("only the API server's own 404 means that an object is absent", async () => {
  let body = status(404);
  const connection = await connectToBadServer((_request, response) => {
    response.writeHead(404).end(body);
  });
  const reader = createReader(connection);
  expect(await reader.get(key)).toBeUndefined();
  const listed = await refusalOf(reader.list({ resource: CONFIG_MAPS }));
  expect(listed.code).toBe('unknown_resource');
  body = '<html>no backend</html>';
  expect((await refusalOf(reader.get(key))).code).toBe('cluster_error');
});

test.each(['', '<html></html>', '[]', '{"kind":"ConfigMap"}'])(
  'a 200 with %j is an error, not an object and not a list',
  async (body) => {
    const connection = await connectToBadServer((_request, response) => {
      response.end(body);
    });
    const reader = createReader(connection);
    expect((await refusalOf(reader.get(key))).code).toBe('cluster_error');
    expect((await refusalOf(reader.list({ resource: CONFIG_MAPS }))).code).toBe('cluster_error');
    expect((await refusalOf(reader.table({ resource: CONFIG_MAPS }))).code).toBe('cluster_error');
  },
);

test('a read is sent once more when its connection was closed, a second time it gives up', async () => {
  let closing = 1;
  let requests = 0;
  const connection = await connectToBadServer((request, response) => {
    requests += 1;
    if (closing > 0) {
      closing -= 1;
      request.socket.destroy();
    } else response.end('{"gitVersion":"v1.36.3"}');
  });
  const reader = createReader(connection);
  expect(await reader.version()).toEqual({ gitVersion: 'v1.36.3' });
  expect(requests).toBe(2);
  closing = 3;
  const error = await refusalOf(reader.version());
  expect(error.code).toBe('cluster_unreachable');
  expect(requests).toBe(4);
});

test('an API server that is not there is named by its host', async () => {
  const { url, server } = await badServer(() => {});
  await new Promise((resolve) => server.close(resolve));
  const reader = createReader(await connectTo(writeKubeconfig({ server: url })));
  const error = await refusalOf(reader.version());
  expect(error.code).toBe('cluster_unreachable');
  expect(error.message).toBe(`The API server at ${new URL(url).host} refused the connection.`);
});

test('no answer in time is unreachable, also when the body stops in the middle', async () => {
  const connection = await connectToBadServer((request, response) => {
    if (request.url?.includes('configmaps')) response.write('{"kind":');
  }, 300);
  const reader = createReader(connection);
  for (const call of [reader.version(), reader.get(key)]) {
    const error = await refusalOf(call);
    expect(error.code).toBe('cluster_unreachable');
    expect(error.message).toContain('did not answer within 0.3 s');
  }
});

test('a cancelled read says so, before, while connecting and while waiting', async () => {
  const reader = createReader(await connectToBadServer(() => {}));
  for (const signal of [AbortSignal.abort(), AbortSignal.timeout(100)]) {
    expect((await refusalOf(reader.version({ signal }))).code).toBe('cancelled');
  }
});

test('numbers beyond doubles keep their digits, and the bytes are as sent', async () => {
  const body =
    '{"apiVersion":"v1", "kind":"ConfigMap","metadata":{"name":"settings","uid":"u","resourceVersion":"7"},"big":9007199254740993}\n';
  const reader = createReader(await connectToBadServer((_request, response) => response.end(body)));
  const live = await reader.get(key);
  expect(live?.bytes.toString()).toBe(body);
  expect(String(live?.object.big)).toBe('9007199254740993');
  expect(live).toMatchObject({ uid: 'u', resourceVersion: '7' });
});

test('listing everything begins again when its snapshot expires', async () => {
  let expired = 1;
  const connection = await connectToBadServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://server');
    if (!url.searchParams.has('continue')) {
      response.end(page('a', { continue: 'next', resourceVersion: '5' }));
    } else if (expired > 0) {
      expired -= 1;
      response.writeHead(410).end(status(410));
    } else response.end(page('b', { resourceVersion: '5' }));
  });
  const reader = createReader(connection);
  const all = await reader.listAll({ resource: CONFIG_MAPS });
  expect(all.items.map((item) => item.metadata.name)).toEqual(['a', 'b']);
  expect(all.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  expired = 3;
  expect((await refusalOf(reader.listAll({ resource: CONFIG_MAPS }))).code).toBe('conflict');
});

function page(name: string, metadata: object): string {
  return JSON.stringify({ kind: 'ConfigMapList', metadata, items: [{ metadata: { name } }] });
}

const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const settings = { kind: 'ConfigMap', metadata: { name: 'sättings' } };

test('watch events survive being cut into pieces, and the server may end it', async () => {
  const connection = await connectToBadServer((_request, response) => {
    const bytes = Buffer.from(event('ADDED', settings) + event('DELETED', settings));
    const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) =>
      bytes.subarray(index * 7, index * 7 + 7),
    );
    void (async () => {
      for (const piece of pieces) {
        response.write(piece);
        await new Promise(setImmediate);
      }
      response.end('{"type":"ADDED","obj');
    })();
  });
  const events: WatchEvent[] = [];
  const watched = createReader(connection).watch({ resource: CONFIG_MAPS, resourceVersion: '1' });
  for await (const one of watched) events.push(one);
  expect(events).toEqual([
    { type: 'ADDED', object: { apiVersion: 'v1', ...settings } },
    { type: 'DELETED', object: { apiVersion: 'v1', ...settings } },
  ]);
});

test('a watch that is too old is a conflict, in the stream as in the answer', async () => {
  let early = true;
  const connection = await connectToBadServer((_request, response) => {
    if (early) response.writeHead(410).end(status(410));
    else response.end(event('ERROR', JSON.parse(status(410))));
  });
  const reader = createReader(connection);
  for (early of [true, false]) {
    const watched = reader.watch({ resource: CONFIG_MAPS, resourceVersion: '1' });
    const next = watched[Symbol.asyncIterator]().next();
    expect((await refusalOf(next)).code).toBe('conflict');
  }
});

test('a watch ends quietly when it is cancelled, and with an error when its connection breaks', async () => {
  const { url, sockets } = await badServer((_request, response) => {
    response.write(event('ADDED', settings));
  });
  const reader = createReader(await connectTo(writeKubeconfig({ server: url })));
  const query = { resource: CONFIG_MAPS, resourceVersion: '1' };
  const control = new AbortController();
  let seen = 0;
  for await (const _event of reader.watch(query, { signal: control.signal })) {
    seen += 1;
    control.abort();
  }
  expect(seen).toBe(1);

  const broken = (async () => {
    for await (const _event of reader.watch(query)) {
      for (const socket of sockets) socket.destroy();
    }
  })();
  expect((await refusalOf(broken)).code).toBe('cluster_unreachable');
});
