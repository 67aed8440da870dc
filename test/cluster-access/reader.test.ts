import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { createReader } from '../../src/cluster/reader.ts';
import { resolveKind } from '../../src/cluster/resolve.ts';
import type { ClusterReader, WatchEvent } from '../../src/cluster/types.ts';
import { at } from '../../src/core/json.ts';
import { type UserName, useCluster } from '../cluster/index.ts';
import { CONFIG_MAPS, connectTo, DEPLOYMENTS, refusalOf, temporaryFolder } from './fixtures.ts';

const cluster = useCluster();

async function readerFor(user: UserName = 'admin'): Promise<ClusterReader> {
  return createReader(await connectTo(cluster.kubeconfig(user)));
}

const WIDGETS = 'widgets.access.stratus.test';

beforeAll(() =>
  cluster.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: WIDGETS },
    spec: {
      group: 'access.stratus.test',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wdg'] },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  }),
);

async function configMaps(names: readonly string[]): Promise<string> {
  const namespace = await cluster.namespace();
  for (const name of names) {
    const body = { metadata: { name, labels: { set: 'paged' } }, data: { from: name } };
    await cluster.request('POST', `/api/v1/namespaces/${namespace}/configmaps`, body);
  }
  return namespace;
}

test('says who it is, where it is and what it may do', async () => {
  const reader = await readerFor('mitigator');
  expect(reader).toMatchObject({ contextName: 'test', server: cluster.server });
  expect((await reader.version()).gitVersion).toMatch(/^v1\./);
  const me = await reader.whoAmI();
  expect(me.username).toBe('mitigator');
  expect(me.groups).toContain('system:authenticated');
  const patch = { verb: 'patch', group: 'apps', resource: 'deployments' };
  expect((await reader.can({ ...patch, namespace: 'shop' })).allowed).toBe(true);
  expect((await reader.can({ ...patch, namespace: 'kube-system' })).allowed).toBe(false);
});

test('discovery knows kinds, short names, scope and subresources', async () => {
  const catalogue = await (await readerFor()).resources();
  expect(catalogue.failedGroups).toEqual([]);
  const deployment = catalogue.resolve('deploy');
  expect(deployment).toMatchObject({ apiVersion: 'apps/v1', plural: 'deployments' });
  expect(deployment.subresources).toContain('scale');
  expect(deployment.verbs).toContain('patch');
  expect(deployment.categories).toContain('all');
  expect(catalogue.resolve('Event').apiVersion).toBe('v1');
  expect(catalogue.resolve('nodes').namespaced).toBe(false);
  expect(catalogue.resolve('ing').apiVersion).toBe('networking.k8s.io/v1');
  expect(catalogue.resolveKind('policy/v1', 'PodDisruptionBudget').shortNames).toContain('pdb');
});

test('a custom resource is discovered, and its large numbers keep their digits', async () => {
  const reader = await readerFor();
  const resource = await cluster.waitFor('the widgets', () =>
    resolveKind(reader, 'access.stratus.test/v1', 'Widget'),
  );
  const namespace = await cluster.namespace();
  const path = `/apis/access.stratus.test/v1/namespaces/${namespace}/widgets`;
  const text = `{"apiVersion":"access.stratus.test/v1","kind":"Widget","metadata":{"name":"big"},"spec":{"n":9007199254740993}}`;
  await cluster.waitFor('the widget', () => cluster.request('POST', path, text));
  const live = await reader.get({ resource, namespace, name: 'big' });
  expect(String(at(live?.object, 'spec', 'n'))).toBe('9007199254740993');
  expect(live?.bytes.toString()).toContain('9007199254740993');
  expect(live?.uid).toBe(at(live?.object, 'metadata', 'uid'));
});

test('what is not there is undefined; what may not be seen is forbidden, in words', async () => {
  const reader = await readerFor('nobody');
  const key = { resource: CONFIG_MAPS, namespace: 'default', name: 'none' };
  expect(await (await readerFor()).get(key)).toBeUndefined();
  const error = await refusalOf(reader.get(key));
  expect(error.code).toBe('forbidden');
  expect(error.message).toContain('User "nobody" cannot get resource "configmaps"');
  expect((await refusalOf(reader.list({ resource: CONFIG_MAPS }))).code).toBe('forbidden');
});

test('lists come in pages, by label, whole and by metadata alone', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const namespace = await configMaps(names);
  const reader = await readerFor('reader');
  const query = { resource: CONFIG_MAPS, namespace, labelSelector: 'set=paged', limit: 2 };
  const first = await reader.list(query);
  expect(first.items.map((item) => item.metadata.name)).toEqual(['a', 'b']);
  expect(first.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  const { continueToken = '' } = first;
  const second = await reader.list({ ...query, continueToken });
  expect(second.items.map((item) => item.metadata.name)).toEqual(['c', 'd']);

  const all = await reader.listAll({ ...query, metadataOnly: true });
  expect(all.items.map((item) => item.metadata.name)).toEqual(names);
  expect(all.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
  expect(all.items[0]).not.toHaveProperty('data');
  expect(all.resourceVersion).toMatch(/^\d+$/);
  expect(all.continueToken).toBeUndefined();

  const one = await reader.list({
    resource: CONFIG_MAPS,
    namespace,
    fieldSelector: 'metadata.name=c',
  });
  expect(one.items).toHaveLength(1);
});

test("tables are the server's own", async () => {
  const namespace = await configMaps(['a', 'b']);
  const reader = await readerFor();
  const page = await reader.table({
    resource: CONFIG_MAPS,
    namespace,
    labelSelector: 'set=paged',
    limit: 1,
  });
  expect(page.columns.map((column) => column.name)).toEqual(['Name', 'Data', 'Age']);
  expect(page.rows).toHaveLength(1);
  expect(page.rows[0]).toMatchObject({ name: 'a', namespace, cells: ['a', 1, expect.any(String)] });
  expect(page.continueToken).toBeDefined();
});

test('a watch goes on from a list, and ends when it is cancelled', async () => {
  const namespace = await configMaps(['a']);
  const reader = await readerFor();
  const query = { resource: CONFIG_MAPS, namespace, labelSelector: 'set=paged' };
  const { resourceVersion } = await reader.list(query);
  const control = new AbortController();
  const events: WatchEvent[] = [];
  const watching = (async () => {
    for await (const event of reader.watch(
      { ...query, resourceVersion },
      { signal: control.signal },
    )) {
      events.push(event);
      if (event.type === 'DELETED') control.abort();
    }
  })();
  const path = `/api/v1/namespaces/${namespace}/configmaps/a`;
  await cluster.request('PATCH', path, { data: { from: 'elsewhere' } });
  await cluster.request('DELETE', path);
  await watching;
  expect(events.map((event) => event.type)).toEqual(['MODIFIED', 'DELETED']);
  expect(events[0]?.object).toMatchObject({ kind: 'ConfigMap', data: { from: 'elsewhere' } });
});

test('logs are text, and a container without any says why', async () => {
  const namespace = await cluster.namespace();
  const pod = (name: string, image: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      containers: [{ name: 'main', image, command: ['sh', '-c', 'echo hello; sleep 3600'] }],
    },
  });
  await cluster.apply([pod('talks', 'local/web:1'), pod('waits', 'nowhere.test/none:1')]);
  const reader = await readerFor();
  const text = await cluster.waitFor('the log', async () => {
    const log = await reader.logs({ namespace, pod: 'talks', tailLines: 5 });
    return log === '' ? undefined : log;
  });
  expect(text).toContain('hello');
  await cluster.waitFor('the image pull to fail', async () => {
    const { json } = await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods/waits`);
    return at(json, 'status', 'containerStatuses', 0, 'state', 'waiting') !== undefined;
  });
  const error = await refusalOf(reader.logs({ namespace, pod: 'waits' }));
  expect(error.code).toBe('cluster_error');
  expect(error.message).toContain('waiting to start');
  expect((await refusalOf(reader.logs({ namespace, pod: 'none' }))).code).toBe('not_found');
});

test('OpenAPI documents are found by group and version', async () => {
  const reader = await readerFor();
  const document = await reader.openapi('apis/apps/v1');
  expect(at(document, 'components', 'schemas', 'io.k8s.api.apps.v1.Deployment')).toBeDefined();
  expect(await reader.openapi('apis/apps/v1')).toBe(document);
  expect((await refusalOf(reader.openapi('apis/none/v1'))).code).toBe('unknown_resource');
});

/** A kubeconfig for the running cluster, with a few things different. */
function kubeconfigWith(changes: { cluster?: object; token?: string }): string {
  const path = join(temporaryFolder(), 'config');
  const { server, caPem, tokens } = cluster;
  const config = {
    'current-context': 'one',
    clusters: [
      {
        name: 'c',
        cluster: {
          server,
          'certificate-authority-data': Buffer.from(caPem).toString('base64'),
          ...changes.cluster,
        },
      },
    ],
    users: [{ name: 'u', user: { token: changes.token ?? tokens.reader } }],
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

test('a certificate that the kubeconfig does not vouch for is not trusted', async () => {
  const readerWith = async (changes: Parameters<typeof kubeconfigWith>[0]) =>
    createReader(await connectTo(kubeconfigWith(changes)));
  const noAuthority = { 'certificate-authority-data': undefined };
  const error = await refusalOf((await readerWith({ cluster: noAuthority })).version());
  expect(error.code).toBe('cluster_unreachable');
  expect(error.message).toContain('TLS handshake failed');
  const otherName = await readerWith({ cluster: { 'tls-server-name': 'elsewhere.test' } });
  expect((await refusalOf(otherName.version())).message).toContain('ALTNAME');

  const careless = { ...noAuthority, 'insecure-skip-tls-verify': true };
  expect((await (await readerWith({ cluster: careless })).version()).gitVersion).toMatch(/^v1/);
});

test('a token that the server does not know is unauthenticated, and stays secret', async () => {
  const reader = createReader(await connectTo(kubeconfigWith({ token: 'sesame' })));
  const error = await refusalOf(reader.list({ resource: DEPLOYMENTS }));
  expect(error.code).toBe('unauthenticated');
  expect(error.message).not.toContain('sesame');
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function joinEnds(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  one.on('error', () => other.destroy());
  other.on('error', () => one.destroy());
}

const apiServer = () => connect(Number(new URL(cluster.server).port), '127.0.0.1');

test('fifty requests in a row use one connection', async () => {
  let connections = 0;
  const port = await listening(
    createServer((socket) => {
      connections += 1;
      joinEnds(socket, apiServer());
    }),
  );
  const server = `https://127.0.0.1:${port}`;
  const connection = await connectTo(kubeconfigWith({ cluster: { server } }));
  const reader = createReader(connection);
  for (let count = 0; count < 50; count += 1) await reader.list({ resource: DEPLOYMENTS });
  await connection.close();
  expect(connections).toBe(1);
});

test("the kubeconfig's proxy-url is used, with TLS from end to end", async () => {
  const asked: string[] = [];
  const proxy = createHttpServer().on('connect', (request, socket: Duplex) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization']}`);
    const onward = apiServer();
    onward.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      joinEnds(socket, onward);
    });
  });
  const port = await listening(proxy);
  const cluster = { 'proxy-url': `http://user:pass@127.0.0.1:${port}` };
  const connection = await connectTo(kubeconfigWith({ cluster }));
  expect((await createReader(connection).whoAmI()).username).toBe('reader');
  await connection.close();
  const target = new URL(connection.server).host;
  expect(asked).toEqual([`${target} Basic ${Buffer.from('user:pass').toString('base64')}`]);
});
