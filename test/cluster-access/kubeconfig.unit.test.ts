import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import {
  badServer,
  connectTo,
  kubeconfigText,
  refusalOf,
  temporaryFolder,
  writeKubeconfig,
} from './fixtures.ts';

test('without any kubeconfig, the error names every place that was looked at', async () => {
  const home = temporaryFolder();
  const error = await refusalOf(connectCluster({ env: { HOME: home } }));
  expect(error.code).toBe('cluster_not_configured');
  expect(error.message).toContain('--kubeconfig');
  expect(error.message).toContain('KUBECONFIG is not set');
  expect(error.message).toContain(join(home, '.kube', 'config'));
  expect(error.message).toContain('ServiceAccount');
});

test('a flag or a KUBECONFIG that names no file is an error, not a fallback', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, '.kube'));
  writeFileSync(join(home, '.kube', 'config'), kubeconfigText());
  const missing = join(home, 'nowhere');
  const byFlag = await refusalOf(connectCluster({ kubeconfig: missing, env: { HOME: home } }));
  expect(byFlag.code).toBe('cluster_not_configured');
  expect(byFlag.message).toContain(missing);
  const byVariable = await refusalOf(connectCluster({ env: { HOME: home, KUBECONFIG: missing } }));
  expect(byVariable.message).toContain(missing);
});

test('~/.kube/config is found by HOME', async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, '.kube'));
  writeFileSync(join(home, '.kube', 'config'), kubeconfigText({ context: { namespace: 'shop' } }));
  const connection = await connectCluster({ env: { HOME: home } });
  onTestFinished(() => connection.close());
  expect(connection).toMatchObject({ contextName: 'one', defaultNamespace: 'shop' });
});

test('several files merge as in kubectl: the first that names a thing wins', async () => {
  const first = writeKubeconfig({ server: 'https://first:6443' }, 'first');
  const second = writeKubeconfig({ server: 'https://second:6443' }, 'second');
  const missing = join(temporaryFolder(), 'missing');
  const env = { KUBECONFIG: [missing, first, second].join(delimiter) };
  const connection = await connectCluster({ env });
  onTestFinished(() => connection.close());
  expect(connection.server).toBe('https://first:6443');
});

test('an unknown context is refused with the list of those that exist', async () => {
  const error = await refusalOf(
    connectCluster({ kubeconfig: writeKubeconfig(), context: 'two', env: {} }),
  );
  expect(error.code).toBe('cluster_not_configured');
  expect(error.message).toContain('has no context "two". Its contexts: one.');
  expect(error.next).toContain('one');
});

test('a malformed kubeconfig is refused by line, without quoting its content', async () => {
  const path = join(temporaryFolder(), 'config');
  writeFileSync(path, 'apiVersion: v1\nusers:\n  - {name: u, user: {token: s3cret}\n  oops: [\n');
  const error = await refusalOf(connectCluster({ kubeconfig: path, env: {} }));
  expect(error.code).toBe('cluster_not_configured');
  expect(error.message).toMatch(/line \d+ is not valid YAML/);
  expect(error.message).not.toContain('s3cret');
});

test.each([
  ['', 'not a YAML mapping'],
  ['- 1\n', 'not a YAML mapping'],
  ['clusters: [{cluster: {server: x}}]\n', 'clusters[0].name is missing'],
  ['apiVersion: v1\nkind: Config\n', 'sets no current-context'],
])('the file %j is refused: %s', async (text, why) => {
  const path = join(temporaryFolder(), 'config');
  writeFileSync(path, text);
  const error = await refusalOf(connectCluster({ kubeconfig: path, env: {} }));
  expect(error.code).toBe('cluster_not_configured');
  expect(error.message).toContain(why);
});

test('credentials never travel over plain http to another machine', async () => {
  const kubeconfig = writeKubeconfig({ server: 'http://example.test:8080' });
  const error = await refusalOf(connectCluster({ kubeconfig, env: {} }));
  expect(error.message).toContain('credentials would travel in clear');
});

async function echoServer() {
  const seen: NodeJS.Dict<string | string[]>[] = [];
  const { url } = await badServer((request, response) => {
    seen.push({ ...request.headers, path: request.url });
    response.end('{"gitVersion":"v1.36.3"}');
  });
  return { url, seen };
}

test('a token file is read anew, and relative to the kubeconfig', async () => {
  const { url, seen } = await echoServer();
  const kubeconfig = writeKubeconfig({ server: url, user: { tokenFile: 'token' } });
  writeFileSync(join(kubeconfig, '..', 'token'), 'from-file\n');
  const reader = createReader(await connectTo(kubeconfig));
  expect(await reader.version()).toEqual({ gitVersion: 'v1.36.3' });
  expect(seen[0]?.authorization).toBe('Bearer from-file');
});

test('an exec plugin gets KUBERNETES_EXEC_INFO and runs once for many requests', async () => {
  const { url, seen } = await echoServer();
  const folder = temporaryFolder();
  const plugin = join(folder, 'plugin.mjs');
  const runs = join(folder, 'runs');
  writeFileSync(
    plugin,
    `import { appendFileSync } from 'node:fs';
     appendFileSync(${JSON.stringify(runs)}, process.env.KUBERNETES_EXEC_INFO + '\\n');
     const { apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
     console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token: 'from-plugin' } }));`,
  );
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: [plugin],
    interactiveMode: 'Never',
  };
  const reader = createReader(await connectTo(writeKubeconfig({ server: url, user: { exec } })));
  await Promise.all([reader.version(), reader.version()]);
  await reader.version();
  expect(seen.map((headers) => headers.authorization)).toEqual(Array(3).fill('Bearer from-plugin'));
  const { readFileSync } = await import('node:fs');
  const lines = readFileSync(runs, 'utf8').trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    apiVersion: 'client.authentication.k8s.io/v1',
    spec: { interactive: false },
  });
});

test('a failing exec plugin is "unauthenticated", and what it printed stays out of the message', async () => {
  const { url } = await echoServer();
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', 'console.error("s3cret"); process.exit(1)'],
  };
  const reader = createReader(await connectTo(writeKubeconfig({ server: url, user: { exec } })));
  const error = await refusalOf(reader.version());
  expect(error.code).toBe('unauthenticated');
  expect(error.message).toContain('ended with exit code 1');
  expect(JSON.stringify([error.message, error.next, error.details ?? {}])).not.toContain('s3cret');
});

test('impersonation carries the groups too', async () => {
  const { url, seen } = await echoServer();
  const user = { token: 't', as: 'jane', 'as-groups': ['dev', 'ops'] };
  await createReader(await connectTo(writeKubeconfig({ server: url, user }))).version();
  expect(seen[0]).toMatchObject({ 'impersonate-user': 'jane', 'impersonate-group': 'dev, ops' });
});

test('a server behind a path prefix keeps the prefix', async () => {
  const { url, seen } = await echoServer();
  const kubeconfig = writeKubeconfig({ server: `${url}/k8s/clusters/c-1/` });
  await createReader(await connectTo(kubeconfig)).version();
  expect(seen[0]?.path).toBe('/k8s/clusters/c-1/version');
});

test('inside a pod, the ServiceAccount is the identity', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'token'), 'pod-token');
  writeFileSync(join(folder, 'namespace'), 'shop\n');
  const connection = await connectCluster({
    env: {
      HOME: temporaryFolder(),
      KUBERNETES_SERVICE_HOST: 'fd00::1',
      KUBERNETES_SERVICE_PORT: '443',
    },
    serviceAccountFolder: folder,
  });
  onTestFinished(() => connection.close());
  expect(connection).toMatchObject({
    contextName: 'in-cluster',
    server: 'https://[fd00::1]',
    defaultNamespace: 'shop',
  });
});
