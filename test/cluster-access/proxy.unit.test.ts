import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { isProxied, proxyFor } from '../../src/cluster/proxy.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { refusalOf, writeKubeconfig } from './fixtures.ts';
import { connectProxy, tlsServer } from './tls.ts';

test.each([
  ['https://kube.example.com:6443', '', true],
  ['https://kube.example.com', 'example.com', false],
  ['https://kube.example.com', '.example.com', false],
  ['https://kube.example.com', '*.example.com', false],
  ['https://example.com', 'example.com', false],
  ['https://example.com', '.example.com', true],
  ['https://notexample.com', 'example.com', true],
  ['https://KUBE.example.com.', 'Example.COM', false],
  ['https://kube.example.com:6443', 'kube.example.com:6443', false],
  ['https://kube.example.com:6443', 'kube.example.com:443', true],
  ['https://kube.example.com', 'kube.example.com:443', false],
  ['https://kube.example.com', 'a.test, *, b.test', false],
  ['https://10.1.2.3:6443', '10.0.0.0/8', false],
  ['https://11.1.2.3:6443', '10.0.0.0/8', true],
  ['https://10.1.2.3:6443', '10.1.2.3', false],
  ['https://10.1.2.3:6443', '10.1.2.3:443', true],
  ['https://10.1.2.3', '10.0.0.0/99', true],
  ['https://110.1.2.3', '10.1.2.3', true],
  ['https://[fd00::7]:6443', 'fd00::/8', false],
  ['https://[fd00::7]:6443', 'fd00::7', false],
  ['https://[fd00::7]:6443', '[fd00::7]:6443', false],
  ['https://[fe80::7]:6443', 'fd00::/8', true],
  ['https://localhost:6443', '', false],
  ['https://127.8.8.8:6443', '', false],
  ['https://[::1]:6443', '', false],
])('a server %s with NO_PROXY=%s goes through the proxy: %s', (server, noProxy, expected) => {
  expect(isProxied(new URL(server), noProxy)).toBe(expected);
});

test('upper case wins over lower case, the kubeconfig over both, and https has its own variable', () => {
  const server = new URL('https://kube.test');
  const env = {
    HTTPS_PROXY: 'http://upper:1',
    https_proxy: 'http://lower:1',
    HTTP_PROXY: 'http://plain:1',
  };
  expect(proxyFor(server, undefined, env)?.url).toBe('http://upper:1');
  expect(proxyFor(server, undefined, { https_proxy: 'lower:1' })?.url).toBe('http://lower:1');
  expect(proxyFor(server, 'socks5h://config:1', { ...env, NO_PROXY: '*' })?.url).toBe(
    'socks5://config:1',
  );
  expect(proxyFor(server, undefined, { ...env, no_proxy: '*' })).toBeUndefined();
  expect(proxyFor(server, undefined, { HTTP_PROXY: 'http://plain:1' })).toBeUndefined();
  expect(proxyFor(server, undefined, {})).toBeUndefined();
});

test('a proxy that is no URL is refused by the name of its setting, unquoted', async () => {
  const secret = 'ftp://user:s3cret@proxy';
  for (const facts of [
    { kubeconfig: writeKubeconfig({ cluster: { 'proxy-url': secret } }), env: {} },
    { kubeconfig: writeKubeconfig({ server: 'https://kube.test' }), env: { HTTPS_PROXY: secret } },
  ]) {
    const error = await refusalOf(connectCluster(facts));
    expect(error.code).toBe('cluster_not_configured');
    expect(error.message).toMatch(/proxy-url|HTTPS_PROXY/);
    expect(JSON.stringify([error.message, error.next])).not.toContain('s3cret');
  }
});

test('a server of plain http is not spoken to through another machine', async () => {
  const connectBy = (proxy: string) => {
    const kubeconfig = writeKubeconfig({
      server: 'http://localhost:8080',
      cluster: { 'proxy-url': proxy },
    });
    return connectCluster({ kubeconfig, env: {} });
  };
  for (const proxy of ['http://proxy.test:3128', 'socks5://10.0.0.1:1080', 'localhost.test:80']) {
    const error = await refusalOf(connectBy(proxy));
    expect(error).toMatchObject({ code: 'cluster_not_configured' });
    expect(error.message).toContain('in clear');
  }
  const tunnel = await connectBy('socks5://[::1]:1080');
  await tunnel.close();
});

/** An API server known as kube.test, which nobody but the proxy can find. */
async function behindProxy(
  facts: { cluster?: object; env?: Record<string, string> },
  caData: string,
) {
  const kubeconfig = writeKubeconfig({
    server: 'https://kube.test:6443/prefix',
    cluster: {
      'certificate-authority-data': caData,
      'tls-server-name': '127.0.0.1',
      ...facts.cluster,
    },
  });
  const connection = await connectCluster({ kubeconfig, env: facts.env ?? {}, timeoutMs: 8_000 });
  onTestFinished(() => connection.close());
  return createReader(connection);
}

test('proxy-url and HTTPS_PROXY lead to the server, which sees the credentials; the proxy doesn’t', async () => {
  const seen: unknown[] = [];
  const { port, caData } = await tlsServer((request, response) => {
    seen.push([request.url, request.headers.authorization, request.headers['proxy-authorization']]);
    response.end('{"gitVersion":"v1.36.3"}');
  });
  const proxy = await connectProxy({ to: port });
  const url = `http://alice:w0rd@127.0.0.1:${proxy.port}`;
  const byFile = await behindProxy({ cluster: { 'proxy-url': url } }, caData);
  expect(await byFile.version()).toEqual({ gitVersion: 'v1.36.3' });
  const byEnv = await behindProxy({ env: { HTTPS_PROXY: url, NO_PROXY: 'other.test' } }, caData);
  expect(await byEnv.version()).toEqual({ gitVersion: 'v1.36.3' });
  expect(proxy.asked).toEqual(['kube.test:6443', 'kube.test:6443']);
  const basic = `Basic ${Buffer.from('alice:w0rd').toString('base64')}`;
  expect(proxy.authorizations).toEqual([basic, basic]);
  expect(seen).toEqual(Array(2).fill(['/prefix/version', 'Bearer sesame', undefined]));
  const excepted = await behindProxy({ env: { HTTPS_PROXY: url, NO_PROXY: '.test' } }, caData);
  expect((await refusalOf(excepted.version())).code).toBe('cluster_unreachable');
  expect(proxy.asked).toHaveLength(2);
});

test('an https proxy may be signed by the CA of the cluster, as with Go', async () => {
  const { port, caData, serving } = await tlsServer((_request, response) => {
    response.end('{"gitVersion":"v1.36.3"}');
  });
  const tls = { cert: serving.certPem, key: serving.keyPem };
  const proxy = await connectProxy({ to: port, tls });
  const reader = await behindProxy(
    { cluster: { 'proxy-url': `https://127.0.0.1:${proxy.port}` } },
    caData,
  );
  expect(await reader.version()).toEqual({ gitVersion: 'v1.36.3' });
});

test('a proxy that refuses is told by its status, without its password', async () => {
  const proxy = await connectProxy({ to: 1, refuse: 407 });
  const url = `http://alice:w0rd@127.0.0.1:${proxy.port}`;
  const reader = await behindProxy({ cluster: { 'proxy-url': url } }, '');
  const error = await refusalOf(reader.version());
  expect(error.code).toBe('cluster_unreachable');
  expect(error.message).toContain('proxy that answered 407');
  expect(error.message).not.toContain('w0rd');
});
