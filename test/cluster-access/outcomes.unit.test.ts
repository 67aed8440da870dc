import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import type { WriteOutcome, WriteRequest } from '../../src/cluster/types.ts';
import { openWriter } from '../../src/cluster/writer.ts';
import {
  AS_COMMAND,
  badServer,
  CONFIG_MAPS,
  connectTo,
  connectToBadServer,
  writeKubeconfig,
} from './fixtures.ts';

const key = { resource: CONFIG_MAPS, namespace: 'shop', name: 'settings' };
const patch: WriteRequest = { verb: 'patch', key, patchType: 'merge', body: '{"data":{"a":"1"}}' };

async function outcomeFrom(
  listener: RequestListener,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<WriteOutcome> {
  const connection = await connectToBadServer(listener, 5_000);
  return openWriter(connection).send(patch, { ...AS_COMMAND, ...options });
}

const answer =
  (status: number, body = ''): RequestListener =>
  (_request, response) => {
    response.writeHead(status).end(body);
  };

test.each([400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429])(
  '%i is a definite no',
  async (status) => {
    const body = JSON.stringify({
      kind: 'Status',
      status: 'Failure',
      code: status,
      reason: 'Why',
      message: 'A sentence.',
      details: { causes: [{ field: 'spec', reason: 'FieldValueInvalid', message: 'bad' }] },
    });
    expect(await outcomeFrom(answer(status, body))).toEqual({
      kind: 'rejected',
      status,
      reason: 'Why',
      message: 'A sentence.',
      causes: [{ field: 'spec', reason: 'FieldValueInvalid', message: 'bad' }],
    });
  },
);

test.each([408, 500, 502, 503, 504, 302, 418])('%i leaves it open', async (status) => {
  expect(await outcomeFrom(answer(status))).toMatchObject({ kind: 'ambiguous', status });
});

test('a 200 that is no Kubernetes object leaves it open', async () => {
  expect(await outcomeFrom(answer(200, '<html>Welcome</html>'))).toMatchObject({
    kind: 'ambiguous',
    status: 200,
  });
});

test('a connection closed after the request leaves it open, and it is not sent again', async () => {
  let requests = 0;
  const outcome = await outcomeFrom((request) => {
    requests += 1;
    request.socket.destroy();
  });
  expect(outcome).toMatchObject({ kind: 'ambiguous' });
  expect(requests).toBe(1);
});

test('an answer cut off in its body leaves it open, with the status that came', async () => {
  const outcome = await outcomeFrom((_request, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"kind":"ConfigMap",');
    setTimeout(() => response.destroy(), 50);
  });
  expect(outcome).toMatchObject({ kind: 'ambiguous', status: 200 });
});

test('no answer in time leaves it open', async () => {
  const outcome = await outcomeFrom(() => {}, { timeoutMs: 200 });
  expect(outcome).toMatchObject({ kind: 'ambiguous' });
  expect(outcome).toHaveProperty('message', expect.stringContaining('did not answer within 0.2 s'));
});

test('a cancellation after the send leaves it open', async () => {
  const control = new AbortController();
  const outcome = await outcomeFrom(() => control.abort(), { signal: control.signal });
  expect(outcome).toMatchObject({ kind: 'ambiguous' });
});

test('a cancellation before the send sends nothing', async () => {
  let requests = 0;
  const outcome = await outcomeFrom(
    (_request, response) => {
      requests += 1;
      response.end();
    },
    { signal: AbortSignal.abort() },
  );
  expect(outcome).toMatchObject({ kind: 'rejected', status: 0, reason: 'NotSent' });
  expect(requests).toBe(0);
});

test('a refused connection sends nothing', async () => {
  const { url, server } = await badServer(() => {});
  await new Promise((resolve) => server.close(resolve));
  const writer = openWriter(await connectTo(writeKubeconfig({ server: url })));
  expect(await writer.send(patch, AS_COMMAND)).toMatchObject({
    kind: 'rejected',
    status: 0,
    reason: 'NotSent',
    message: expect.stringContaining('refused the connection'),
  });
});

test('a server that accepts connections but never speaks TLS gets nothing', async () => {
  const { url } = await badServer(() => {});
  const server = url.replace('http:', 'https:');
  const writer = openWriter(await connectTo(writeKubeconfig({ server })));
  expect(await writer.send(patch, AS_COMMAND)).toMatchObject({
    kind: 'rejected',
    reason: 'NotSent',
  });
});

test('an exec plugin that fails means nothing was sent', async () => {
  const apiVersion = 'client.authentication.k8s.io/v1';
  const exec = { apiVersion, command: 'no-such-plugin-anywhere' };
  const writer = openWriter(await connectTo(writeKubeconfig({ user: { exec } })));
  expect(await writer.send(patch, AS_COMMAND)).toMatchObject({
    kind: 'rejected',
    reason: 'NotSent',
    message: expect.stringContaining('was not found'),
  });
});

test('warnings of the API server come along', async () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } };
  const outcome = await outcomeFrom((_request, response) => {
    response.setHeader('warning', ['299 - "one \\"quoted\\""', '299 - "two", 299 - "three"']);
    response.end(JSON.stringify(object));
  });
  expect(outcome).toMatchObject({
    kind: 'applied',
    warnings: ['one "quoted"', 'two', 'three'],
  });
});
