import { expect, test } from 'vitest';
import { createReader } from '../../src/cluster/reader.ts';
import type {
  ClusterReader,
  ClusterWriter,
  LiveObject,
  ObjectKey,
  WriteRequest,
} from '../../src/cluster/types.ts';
import { openWriter } from '../../src/cluster/writer.ts';
import { cloneJson, objectOf, stringifyJson } from '../../src/core/json.ts';
import { readAuditLog, type UserName, useCluster } from '../cluster/index.ts';
import { AS_COMMAND, CONFIG_MAPS, connectTo, DEPLOYMENTS, resource } from './fixtures.ts';

const cluster = useCluster();

async function doors(user: UserName = 'admin'): Promise<{
  reader: ClusterReader;
  writer: ClusterWriter;
}> {
  const connection = await connectTo(cluster.kubeconfig(user));
  return { reader: createReader(connection), writer: openWriter(connection) };
}

async function settings(): Promise<{ key: ObjectKey; namespace: string }> {
  const namespace = await cluster.namespace();
  const body = { metadata: { name: 'settings' }, data: { mode: 'old' } };
  await cluster.request('POST', `/api/v1/namespaces/${namespace}/configmaps`, body);
  return { key: { resource: CONFIG_MAPS, namespace, name: 'settings' }, namespace };
}

async function read(reader: ClusterReader, key: ObjectKey): Promise<LiveObject> {
  const live = await reader.get(key);
  if (!live) throw new Error(`${key.name} is not there`);
  return live;
}

const deletion = (live: LiveObject, more: { uid?: string; resourceVersion?: string } = {}) =>
  ({
    verb: 'delete',
    key: live.key,
    preconditions: { uid: live.uid, resourceVersion: live.resourceVersion, ...more },
    propagationPolicy: 'Background',
  }) satisfies WriteRequest;

const replacement = (live: LiveObject, change: (object: LiveObject['object']) => void) => {
  const object = cloneJson(live.object);
  change(object);
  return { verb: 'replace', key: live.key, body: stringifyJson(object) } satisfies WriteRequest;
};

test('no dry run changes anything, a delete included', async () => {
  const { reader, writer } = await doors();
  const { key, namespace } = await settings();
  const before = await read(reader, key);
  const other = { ...key, name: 'another' };
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'another' } };
  const requests: WriteRequest[] = [
    deletion(before),
    { verb: 'create', key: other, body: JSON.stringify(manifest) },
    { verb: 'patch', key, patchType: 'merge', body: '{"data":{"mode":"new"}}' },
    { verb: 'patch', key: other, patchType: 'apply', body: JSON.stringify(manifest) },
    replacement(before, (object) => {
      object.data = { mode: 'new' };
    }),
  ];
  for (const request of requests) {
    expect(await writer.dryRun(request, AS_COMMAND)).toMatchObject({ kind: 'applied' });
  }
  const { items } = await reader.list({ resource: CONFIG_MAPS, namespace });
  expect(items.map((item) => item.metadata.name).sort()).toEqual(['kube-root-ca.crt', 'settings']);
  expect((await read(reader, key)).bytes).toEqual(before.bytes);

  expect(await writer.send(deletion(before), AS_COMMAND)).toMatchObject({ kind: 'applied' });
  expect(await reader.get(key)).toBeUndefined();
});

test('a delete holds to its preconditions', async () => {
  const { reader, writer } = await doors();
  const { key } = await settings();
  const live = await read(reader, key);
  for (const wrong of [{ uid: '00000000-0000-0000-0000-000000000000' }, { resourceVersion: '1' }]) {
    const outcome = await writer.send(deletion(live, wrong), AS_COMMAND);
    expect(outcome).toMatchObject({ kind: 'rejected', status: 409, reason: 'Conflict' });
  }
  expect((await read(reader, key)).bytes).toEqual(live.bytes);
});

test('a replace wins only over what it was made from', async () => {
  const { reader, writer } = await doors();
  const { key } = await settings();
  const live = await read(reader, key);
  const toNew = replacement(live, (object) => {
    object.data = { mode: 'new' };
  });
  const outcome = await writer.send(toNew, AS_COMMAND);
  expect(outcome).toMatchObject({ kind: 'applied', status: 200, warnings: [] });
  const stored = await read(reader, key);
  expect(stored.object.data).toEqual({ mode: 'new' });
  if (outcome.kind === 'applied') expect(outcome.object?.object).toEqual(stored.object);

  const stale = await writer.send(toNew, AS_COMMAND);
  expect(stale).toMatchObject({ kind: 'rejected', status: 409, reason: 'Conflict' });
  const stranger = replacement(stored, (object) => {
    object.metadata.uid = '00000000-0000-0000-0000-000000000000';
  });
  expect(await writer.send(stranger, AS_COMMAND)).toMatchObject({ kind: 'rejected', status: 409 });
});

test('server-side apply conflicts name the field and its owner, and force takes it', async () => {
  const { reader, writer } = await doors();
  const namespace = await cluster.namespace();
  const key = { resource: CONFIG_MAPS, namespace, name: 'owned' };
  const manifest = (mode: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'owned', namespace },
    data: { mode },
  });
  await cluster.apply(manifest('theirs'));
  const ours = {
    verb: 'patch',
    key,
    patchType: 'apply',
    body: JSON.stringify(manifest('ours')),
  } satisfies WriteRequest;
  expect(await writer.send(ours, AS_COMMAND)).toMatchObject({
    kind: 'rejected',
    status: 409,
    causes: [
      {
        field: '.data.mode',
        reason: 'FieldManagerConflict',
        message: expect.stringContaining('test-user'),
      },
    ],
  });
  const forced = await writer.send({ ...ours, force: true }, AS_COMMAND);
  expect(forced).toMatchObject({ kind: 'applied' });
  expect((await read(reader, key)).object.data).toEqual({ mode: 'ours' });
});

test('unknown fields are refused, by name', async () => {
  const { writer } = await doors();
  const { key } = await settings();
  const body = '{"dta":{"mode":"new"}}';
  const outcome = await writer.dryRun({ verb: 'patch', key, patchType: 'merge', body }, AS_COMMAND);
  expect(outcome).toMatchObject({ kind: 'rejected', status: 422 });
  expect(outcome).toHaveProperty('message', expect.stringContaining('dta'));
});

test('each patch type and the scale subresource arrive as meant, under our name', async () => {
  const { reader, writer } = await doors();
  const namespace = await cluster.namespace();
  const key = { resource: DEPLOYMENTS, namespace, name: 'web' };
  await cluster.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'nginx:1.27' }] },
      },
    },
  });
  const strategic = {
    spec: { template: { spec: { containers: [{ name: 'main', image: 'n:2' }] } } },
  };
  const requests: WriteRequest[] = [
    {
      verb: 'patch',
      key,
      patchType: 'json',
      body: '[{"op":"add","path":"/metadata/labels","value":{"a":"1"}}]',
    },
    { verb: 'patch', key, patchType: 'strategic', body: JSON.stringify(strategic) },
    {
      verb: 'patch',
      key,
      subresource: 'scale',
      patchType: 'merge',
      body: '{"spec":{"replicas":1}}',
    },
  ];
  for (const request of requests) {
    const auditId = `access-${crypto.randomUUID()}`;
    expect(await writer.send(request, { ...AS_COMMAND, auditId })).toMatchObject({
      kind: 'applied',
    });
    await cluster.waitFor('the audit event', async () =>
      (await readAuditLog(cluster)).some(({ raw }) => raw.auditID === auditId),
    );
  }
  const live = await read(reader, key);
  expect(live.object).toMatchObject({
    metadata: { labels: { a: '1' } },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'main', image: 'n:2' }] } } },
  });
  const managers = (live.object.metadata.managedFields as object[]).map(
    (entry) => objectOf(entry as never).manager,
  );
  expect(managers).toContain('stratus-mcp');
});

test("what the identity may not do is rejected in the server's words", async () => {
  const { writer } = await doors('reader');
  const { key } = await settings();
  const outcome = await writer.send(
    { verb: 'patch', key, patchType: 'merge', body: '{}' },
    AS_COMMAND,
  );
  expect(outcome).toMatchObject({ kind: 'rejected', status: 403, reason: 'Forbidden' });
  expect(outcome).toHaveProperty('message', expect.stringContaining('User "reader" cannot patch'));
});

test('warnings of the server come along', async () => {
  const { writer } = await doors();
  const namespaces = resource('namespaces', 'Namespace', 'v1', { namespaced: false });
  const namespace = await cluster.namespace();
  const level = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
    metadata: { name: 'root' },
    spec: { containers: [{ name: 'main', image: 'nginx:1.27' }] },
  });
  const outcome = await writer.dryRun(
    {
      verb: 'patch',
      key: { resource: namespaces, name: namespace },
      patchType: 'merge',
      body: JSON.stringify({ metadata: { labels: level } }),
    },
    AS_COMMAND,
  );
  expect(outcome).toMatchObject({
    kind: 'applied',
    warnings: expect.arrayContaining([expect.stringContaining('PodSecurity')]),
  });
});
