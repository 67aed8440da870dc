import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { at, useCluster } from '../cluster/index.ts';
import { refusalOf, temporaryFolder, writeKubeconfig } from './fixtures.ts';

const cluster = useCluster();

async function serviceAccount(namespace: string, name: string) {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await cluster.request('POST', path, { metadata: { name } });
  return {
    path: `${path}/${name}`,
    user: `system:serviceaccount:${namespace}:${name}`,
    token: async () => {
      const spec = { expirationSeconds: 600 };
      const { json } = await cluster.request('POST', `${path}/${name}/token`, { spec });
      return String(at(json, 'status', 'token'));
    },
  };
}

test('an exec plugin’s token that the API server revoked is renewed within the same read', async () => {
  const namespace = await cluster.namespace('plugin');
  const [first, second] = [
    await serviceAccount(namespace, 'first'),
    await serviceAccount(namespace, 'second'),
  ];
  const folder = temporaryFolder();
  const tokenPath = join(folder, 'token');
  const plugin = join(folder, 'plugin.mjs');
  writeFileSync(
    plugin,
    `import { readFileSync } from 'node:fs';
     const { apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
     const status = { token: readFileSync(${JSON.stringify(tokenPath)}, 'utf8') };
     console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));`,
  );
  writeFileSync(tokenPath, await first.token());
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    command: process.execPath,
    args: [plugin],
  };
  const kubeconfig = writeKubeconfig({
    server: cluster.server,
    cluster: { 'certificate-authority-data': Buffer.from(cluster.caPem).toString('base64') },
    user: { exec },
  });
  const connection = await connectCluster({ kubeconfig, env: {} });
  onTestFinished(() => connection.close());
  const reader = createReader(connection);
  expect((await reader.whoAmI()).username).toBe(first.user);

  writeFileSync(tokenPath, await second.token());
  expect((await reader.whoAmI()).username).toBe(first.user);
  await cluster.request('DELETE', first.path);
  // The API server remembers a good token for some seconds.
  await cluster.waitFor('the deleted identity to be refused', async () => {
    return (await reader.whoAmI()).username === second.user;
  });
  await cluster.request('DELETE', second.path);
  await cluster.waitFor('both to be refused', async () => {
    const code = await reader.whoAmI().then(
      () => '',
      (error) => error.code,
    );
    return code === 'unauthenticated';
  });
}, 120_000);

test('inside a pod: the ServiceAccount’s files are the identity, on the real API server', async () => {
  const namespace = await cluster.namespace('pod');
  const account = await serviceAccount(namespace, 'worker');
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'token'), await account.token());
  writeFileSync(join(folder, 'ca.crt'), cluster.caPem);
  writeFileSync(join(folder, 'namespace'), namespace);
  const { hostname, port } = new URL(cluster.server);
  const connection = await connectCluster({
    env: {
      HOME: temporaryFolder(),
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    },
    serviceAccountFolder: folder,
  });
  onTestFinished(() => connection.close());
  const reader = createReader(connection);
  expect(reader.defaultNamespace).toBe(namespace);
  expect((await reader.whoAmI()).username).toBe(account.user);
  const pods = (await reader.resources()).resolve('pods');
  expect((await refusalOf(reader.list({ resource: pods, namespace }))).code).toBe('forbidden');
});
