import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { selfSignedCertificate } from '../cluster/kubelet/certificate.ts';
import { badServer, connectTo, refusalOf, temporaryFolder, writeKubeconfig } from './fixtures.ts';
import { clientName, tlsServer } from './tls.ts';

const requestCert = { requestCert: true, rejectUnauthorized: false };

async function namingServer() {
  return tlsServer((request, response) => {
    response.end(JSON.stringify({ gitVersion: clientName(request) }));
  }, requestCert);
}

test('half a renewal of a client certificate changes nothing; the whole pair is used at once', async () => {
  const { port, caData } = await namingServer();
  const folder = temporaryFolder();
  const [cert, key] = [join(folder, 'client.crt'), join(folder, 'client.key')];
  const monday = selfSignedCertificate('monday');
  const tuesday = selfSignedCertificate('tuesday');
  writeFileSync(cert, monday.certPem);
  writeFileSync(key, monday.keyPem);
  const reader = createReader(
    await connectTo(
      writeKubeconfig({
        server: `https://127.0.0.1:${port}`,
        cluster: { 'certificate-authority-data': caData },
        user: { 'client-certificate': cert, 'client-key': key },
      }),
    ),
  );
  expect((await reader.version()).gitVersion).toBe('monday');
  writeFileSync(cert, tuesday.certPem);
  expect((await reader.version()).gitVersion).toBe('monday');
  rmSync(key);
  expect((await reader.version()).gitVersion).toBe('monday');
  writeFileSync(key, '');
  expect((await reader.version()).gitVersion).toBe('monday');
  writeFileSync(key, tuesday.keyPem);
  expect((await reader.version()).gitVersion).toBe('tuesday');
});

test('certificates that do not belong together are refused at the start, unquoted', async () => {
  const { certPem } = selfSignedCertificate('a');
  const { keyPem } = selfSignedCertificate('b');
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': base64(certPem), 'client-key-data': base64(keyPem) };
  const reader = createReader(await connectTo(writeKubeconfig({ user })));
  const error = await refusalOf(reader.version());
  expect(error.code).toBe('unauthenticated');
  expect(error.message).toContain('do not belong together');
});

test('a certificate from an exec plugin is used, and the next one after it expired', async () => {
  const { port, caData } = await namingServer();
  const folder = temporaryFolder();
  const plugin = join(folder, 'plugin.mjs');
  const current = join(folder, 'current.json');
  writeFileSync(
    plugin,
    `import { readFileSync } from 'node:fs';
     console.log(readFileSync(${JSON.stringify(current)}, 'utf8'));`,
  );
  const apiVersion = 'client.authentication.k8s.io/v1';
  const install = (name: string, expiresInMs: number) => {
    const { certPem, keyPem } = selfSignedCertificate(name);
    const status = {
      clientCertificateData: certPem,
      clientKeyData: keyPem,
      expirationTimestamp: new Date(Date.now() + expiresInMs).toISOString(),
    };
    writeFileSync(current, JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));
  };
  install('first', -1);
  const exec = { apiVersion, command: process.execPath, args: [plugin] };
  const kubeconfig = writeKubeconfig({
    server: `https://127.0.0.1:${port}`,
    cluster: { 'certificate-authority-data': caData },
    user: { exec },
  });
  const reader = createReader(await connectTo(kubeconfig));
  expect((await reader.version()).gitVersion).toBe('first');
  install('second', 60_000);
  expect((await reader.version()).gitVersion).toBe('second');
});

test('inside a pod: server, CA, token and namespace, all read again when they are renewed', async () => {
  const seen: unknown[] = [];
  const first = selfSignedCertificate('server');
  let answer = (_token: string | undefined) => 200;
  const { port } = await tlsServer(
    (request, response) => {
      seen.push(request.headers.authorization);
      response.statusCode = answer(request.headers.authorization);
      response.end('{"gitVersion":"v1.36.3"}');
    },
    { cert: first.certPem, key: first.keyPem },
  );
  // As the kubelet projects a volume: ..data is a link that is replaced.
  const folder = temporaryFolder();
  const project = (version: string, files: Record<string, string>) => {
    mkdirSync(join(folder, version));
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, version, name), text);
    symlinkSync(version, join(folder, '..tmp'));
    renameSync(join(folder, '..tmp'), join(folder, '..data'));
  };
  project('v1', { token: 'one', 'ca.crt': first.certPem, namespace: 'shop' });
  for (const name of ['token', 'ca.crt', 'namespace'])
    symlinkSync(join('..data', name), join(folder, name));
  const connection = await connectCluster({
    env: {
      HOME: temporaryFolder(),
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
    },
    serviceAccountFolder: folder,
  });
  onTestFinished(() => connection.close());
  const reader = createReader(connection);
  await reader.version();
  project('v2', { token: 'two\n', 'ca.crt': first.certPem, namespace: 'shop' });
  await reader.version();
  // A token that arrives together with the refusal of the old one.
  answer = (token) => {
    if (token === 'Bearer three') return 200;
    project(`v${seen.length}`, { token: 'three', 'ca.crt': first.certPem, namespace: 'shop' });
    return 401;
  };
  await reader.version();
  expect(seen).toEqual(['Bearer one', 'Bearer two', 'Bearer two', 'Bearer three']);
  expect(reader.defaultNamespace).toBe('shop');
  project('v9', {
    token: 'three',
    'ca.crt': selfSignedCertificate('other').certPem,
    namespace: 'shop',
  });
  const error = await refusalOf(reader.version());
  expect(error.message).toContain('could not be trusted');
});

test('tls-server-name is the name that is verified; insecure-skip-tls-verify verifies none', async () => {
  const { port, caData } = await tlsServer((_request, response) => {
    response.end('{"gitVersion":"v1.36.3"}');
  });
  const server = `https://localhost:${port}`;
  const ca = { 'certificate-authority-data': caData };
  const read = async (cluster: object) =>
    createReader(await connectTo(writeKubeconfig({ server, cluster }))).version();
  const mismatch = await refusalOf(read(ca));
  expect(mismatch.message).toContain('could not be trusted');
  expect(await read({ ...ca, 'tls-server-name': '127.0.0.1' })).toEqual({ gitVersion: 'v1.36.3' });
  expect((await refusalOf(read({}))).message).toContain('could not be trusted');
  expect(await read({ 'insecure-skip-tls-verify': true })).toEqual({ gitVersion: 'v1.36.3' });
});

test('a server with an IPv6 address and a path prefix', async ({ skip }) => {
  const listening = await tlsServer(
    (request, response) => {
      response.end(JSON.stringify({ gitVersion: `${request.headers.host} ${request.url}` }));
    },
    { host: '::1' },
  ).catch(() => undefined);
  if (listening === undefined) return skip('this machine has no IPv6 loopback');
  const server = `https://[::1]:${listening.port}/k8s/c-1/`;
  const cluster = {
    'certificate-authority-data': listening.caData,
    'tls-server-name': '127.0.0.1',
  };
  const reader = createReader(await connectTo(writeKubeconfig({ server, cluster })));
  expect((await reader.version()).gitVersion).toBe(`[::1]:${listening.port} /k8s/c-1/version`);
});

test('impersonation carries uid and extras too', async () => {
  const seen: NodeJS.Dict<string | string[]>[] = [];
  const { url } = await badServer((request, response) => {
    seen.push(request.headers);
    response.end('{"gitVersion":"v1.36.3"}');
  });
  const user = {
    token: 't',
    as: 'jane',
    'as-uid': 'u-1',
    'as-user-extra': { 'Example.com/Team': ['a'] },
  };
  await createReader(await connectTo(writeKubeconfig({ server: url, user }))).version();
  expect(seen[0]).toMatchObject({
    'impersonate-user': 'jane',
    'impersonate-uid': 'u-1',
    'impersonate-extra-example.com%2fteam': 'a',
  });
});

test('a token that YAML reads as a number is refused by its place, not sent as another one', async () => {
  const path = join(temporaryFolder(), 'config');
  writeFileSync(
    path,
    `current-context: one
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: 123e45}}]
contexts: [{name: one, context: {cluster: c, user: u}}, {name: production, context: {cluster: c}}]`,
  );
  const error = await refusalOf(connectCluster({ kubeconfig: path, env: {} }));
  expect(error.message).toContain('users[0].user.token is not a string; put it in quotes');
  expect(error.message).not.toContain('123');
});

test('a mistyped context is met with the name that was meant', async () => {
  const error = await refusalOf(
    connectCluster({ kubeconfig: writeKubeconfig({}), context: 'onne', env: {} }),
  );
  expect(error.message).toContain('Did you mean one?');
});
