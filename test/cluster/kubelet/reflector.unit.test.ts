import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { waitFor } from '../client.ts';
import { Api } from './api.ts';
import { type ApiObject, Reflector } from './reflector.ts';

const object = (name: string, resourceVersion: string): ApiObject => ({
  metadata: { name, namespace: 'shop', uid: name, resourceVersion },
});

const line = (type: string, one: object) => `${JSON.stringify({ type, object: one })}\n`;

/** An API server that answers from a script: one entry per request, the last one hangs. */
async function scripted(answers: ((response: ServerResponse) => void)[]) {
  const requests: URL[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    requests.push(new URL(request.url ?? '', 'http://server'));
    answers.shift()?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const api = new Api({ server: `http://127.0.0.1:${port}`, caPem: '', token: 'x' });
  const seen: string[] = [];
  const reflector = new Reflector<ApiObject>(api, '/api/v1/pods', '', {
    replaced: (items) => seen.push(`= ${items.map(({ metadata }) => metadata.name)}`),
    changed: ({ metadata }) => seen.push(`+ ${metadata.name}`),
    deleted: ({ metadata }) => seen.push(`- ${metadata.name}`),
  });
  onTestFinished(async () => {
    await api.stop();
    server.closeAllConnections();
    server.close();
  });
  return { reflector, requests, seen };
}

const list =
  (version: string, ...items: ApiObject[]) =>
  (response: ServerResponse) =>
    response.end(JSON.stringify({ metadata: { resourceVersion: version }, items }));

test('resumes a broken watch after the last version seen, bookmarks included', async () => {
  const { reflector, requests, seen } = await scripted([
    list('10', object('a', '9')),
    (response) => {
      const text = line('ADDED', object('b', '11')) + line('BOOKMARK', object('', '15'));
      // Cut in the middle of a line, as a network does.
      response.write(text.slice(0, 40));
      setTimeout(() => response.write(text.slice(40), () => response.destroy()), 20);
    },
    (response) => response.write(line('DELETED', object('a', '16'))),
  ]);
  await reflector.start();
  await waitFor('deletion', async () => seen.includes('- a'), 5_000);
  expect(seen).toEqual(['= a', '+ b', '- a']);
  expect(requests.slice(1).map((url) => url.searchParams.get('resourceVersion'))).toEqual([
    '10',
    '15',
  ]);
});

test('lists again when its version is too old', async () => {
  const { reflector, seen, requests } = await scripted([
    list('10', object('a', '9')),
    (response) => response.end(line('ERROR', { kind: 'Status', code: 410 })),
    list('90', object('c', '80')),
  ]);
  await reflector.start();
  await waitFor('watch after the second list', async () => requests.length >= 4, 5_000);
  expect(seen).toEqual(['= a', '= c']);
  expect(requests[3]?.searchParams.get('resourceVersion')).toBe('90');
});

test('keeps asking for the first list until it gets one', async () => {
  const { reflector, seen } = await scripted([
    (response) => response.writeHead(503).end('{}'),
    (response) => response.destroy(),
    list('10'),
  ]);
  await reflector.start();
  expect(seen).toEqual(['= ']);
});
