import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/core/clock.ts';
import { badServer, refusalOf, temporaryFolder, writeKubeconfig } from './fixtures.ts';

const V1 = 'client.authentication.k8s.io/v1';
const V1BETA1 = 'client.authentication.k8s.io/v1beta1';
const SECRET = 's3cret-of-the-plugin';

/** A plugin that is the given JavaScript; `give(status)` prints an ExecCredential. */
function plugin(script: string, exec: object = {}) {
  const folder = temporaryFolder();
  const path = join(folder, 'login-helper.mjs');
  const runs = join(folder, 'runs');
  writeFileSync(runs, '');
  writeFileSync(
    path,
    `import { appendFileSync, readFileSync } from 'node:fs';
     appendFileSync(${JSON.stringify(runs)}, process.env.KUBERNETES_EXEC_INFO + '\\n');
     const run = readFileSync(${JSON.stringify(runs)}, 'utf8').trim().split('\\n').length;
     const { apiVersion } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
     const give = (status) => console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));
     ${script}`,
  );
  return {
    runs: () => readFileSync(runs, 'utf8').trim().split('\n').filter(Boolean),
    exec: {
      apiVersion: V1,
      command: process.execPath,
      args: [path],
      interactiveMode: 'Never',
      ...exec,
    },
  };
}

/** A server that takes the tokens it is told to, and answers with the one that came. */
async function tokenServer(accepted: (token: string) => boolean = () => true) {
  const seen: string[] = [];
  const { url } = await badServer((request, response) => {
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    seen.push(token);
    if (!accepted(token)) response.statusCode = 401;
    response.end(JSON.stringify({ gitVersion: token }));
  });
  return { url, seen };
}

async function readerWith(
  exec: object,
  options: {
    url: string;
    cluster?: object;
    clock?: Clock;
    timeoutMs?: number;
    env?: NodeJS.ProcessEnv;
  },
) {
  const { url, cluster, ...rest } = options;
  const facts = { server: url, user: { exec }, ...(cluster ? { cluster } : {}) };
  const connection = await connectCluster({ kubeconfig: writeKubeconfig(facts), env: {}, ...rest });
  onTestFinished(() => connection.close());
  return createReader(connection);
}

test.each([V1, V1BETA1])(
  'a plugin that speaks %s runs once for all, until its token expires',
  async (apiVersion) => {
    const { url } = await tokenServer();
    const expires = Date.now() + 60_000;
    const { exec, runs } = plugin(
      `give({ token: 'token-' + run, expirationTimestamp: new Date(${expires} + run * 1000).toISOString() });`,
      { apiVersion },
    );
    let now = Date.now();
    const clock: Clock = { ...systemClock, now: () => now };
    const reader = await readerWith(exec, { url, clock });
    const both = await Promise.all([reader.version(), reader.version()]);
    expect(both.map(({ gitVersion }) => gitVersion)).toEqual(['token-1', 'token-1']);
    now = expires;
    expect((await reader.version()).gitVersion).toBe('token-1');
    now = expires + 1_000;
    expect((await reader.version()).gitVersion).toBe('token-2');
    expect(runs()).toHaveLength(2);
  },
);

test('a token without an expiry lasts until the server refuses it; the read that met the 401 goes through', async () => {
  let good = 'token-1';
  const { url, seen } = await tokenServer((token) => token === good);
  const { exec, runs } = plugin(`give({ token: 'token-' + run });`);
  const reader = await readerWith(exec, { url });
  await reader.version();
  good = 'token-2';
  expect((await reader.version()).gitVersion).toBe('token-2');
  expect(seen).toEqual(['token-1', 'token-1', 'token-2']);
  expect(runs()).toHaveLength(2);
});

test('a server that refuses every token is "unauthenticated" after one more run, not a loop', async () => {
  const { url, seen } = await tokenServer(() => false);
  const { exec, runs } = plugin(`give({ token: 'token-' + run });`);
  const reader = await readerWith(exec, { url });
  expect((await refusalOf(reader.version())).code).toBe('unauthenticated');
  expect(seen).toHaveLength(2);
  expect(runs()).toHaveLength(2);
});

test('a plugin has no stdin, none of our settings, and its own environment', async () => {
  const { url } = await tokenServer();
  const { exec } = plugin(
    `let input = '';
     for await (const chunk of process.stdin) input += chunk;
     const ours = Object.keys(process.env).filter((name) => name.startsWith('STRATUS_'));
     give({ token: ['in', input, ...ours, process.env.REGION, process.env.HOME].join('-') });`,
    { env: [{ name: 'REGION', value: 'north' }] },
  );
  const env = { HOME: '/home', STRATUS_JOURNAL_KEY: SECRET };
  const reader = await readerWith(exec, { url, env });
  expect((await reader.version()).gitVersion).toBe('in--north-/home');
});

test('a plugin is told of the cluster only when it asks', async () => {
  const { url } = await tokenServer();
  const cluster = {
    'tls-server-name': 'kube.test',
    extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a1' } }],
  };
  const silent = plugin(`give({ token: 't' });`);
  await (await readerWith(silent.exec, { url, cluster })).version();
  expect(JSON.parse(silent.runs()[0] ?? '').spec).toEqual({ interactive: false });
  const told = plugin(`give({ token: 't' });`, { provideClusterInfo: true });
  await (await readerWith(told.exec, { url, cluster })).version();
  expect(JSON.parse(told.runs()[0] ?? '')).toEqual({
    apiVersion: V1,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      cluster: { server: url, 'tls-server-name': 'kube.test', config: { audience: 'a1' } },
    },
  });
});

test.each([
  [
    'fails',
    `console.error('${SECRET}'); console.log('${SECRET}'); process.exit(3);`,
    'ended with exit code 3',
  ],
  ['prints garbage', `console.log('token: ${SECRET}');`, 'not an ExecCredential'],
  [
    'prints another kind',
    `console.log(JSON.stringify({ apiVersion, kind: 'Secret', data: '${SECRET}' }));`,
    'not an ExecCredential',
  ],
  [
    'speaks another version',
    `console.log(JSON.stringify({ apiVersion: '${SECRET}', kind: 'ExecCredential', status: { token: 'x' } }));`,
    'another apiVersion',
  ],
  ['gives nothing', `give({});`, 'neither a token nor a client certificate'],
  [
    'gives a certificate alone',
    `give({ token: '${SECRET}', clientCertificateData: '${SECRET}' });`,
    'without its key',
  ],
  [
    'gives a token that would split a header',
    `give({ token: '${SECRET}\\nx' });`,
    'no header can carry',
  ],
  [
    'gives a wrong expiry',
    `give({ token: '${SECRET}', expirationTimestamp: 'soon ${SECRET}' });`,
    'not a time',
  ],
  [
    'floods',
    `process.stdout.write('${SECRET}'.repeat(100_000));setTimeout(() => {}, 60_000);`,
    'more than 1 MiB',
  ],
])(
  'a plugin that %s is "unauthenticated", and nothing of what it printed is told',
  async (_what, script, why) => {
    const { url, seen } = await tokenServer();
    const { exec } = plugin(script);
    const error = await refusalOf((await readerWith(exec, { url })).version());
    expect(error.code).toBe('unauthenticated');
    expect(error.message).toContain(why);
    expect(error.next).toContain('by hand');
    const told = [error.message, error.next, error.details, error.cause, error.stack];
    expect(JSON.stringify(told)).not.toContain(SECRET);
    expect(seen).toEqual([]);
  },
);

test('a missing plugin comes with its own hint on how to install it', async () => {
  const { url } = await tokenServer();
  const exec = {
    apiVersion: V1,
    command: 'no-such-login-helper',
    installHint: 'Get it from\nhttps://login.example.com\u001b[0m',
  };
  const error = await refusalOf((await readerWith(exec, { url })).version());
  expect(error.message).toContain('exec plugin no-such-login-helper was not found');
  expect(error.next).toContain('Get it from\\nhttps://login.example.com\\u{1b}[0m');
});

test('a plugin that hangs ends the call in time, is not run twice, and ends with the connection', async () => {
  const { url } = await tokenServer();
  const pids = join(temporaryFolder(), 'pids');
  const { exec, runs } = plugin(
    `import('node:child_process').then(({ spawn }) => {
       const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'inherit' });
       appendFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid);
       setTimeout(() => {}, 60_000);
     });`,
  );
  const kubeconfig = writeKubeconfig({ server: url, user: { exec } });
  const connection = await connectCluster({ kubeconfig, env: {}, timeoutMs: 1_500 });
  const reader = createReader(connection);
  const errors = await Promise.all([refusalOf(reader.version()), refusalOf(reader.version())]);
  for (const error of errors) {
    expect(error.code).toBe('unauthenticated');
    expect(error.message).toContain('has not answered within 1.5 s');
    expect(error.next).toContain('wait for a login');
  }
  expect(runs()).toHaveLength(1);
  await connection.close();
  const running = readFileSync(pids, 'utf8').split(' ').map(Number);
  expect(running).toHaveLength(2);
  await expect.poll(() => running.filter(isAlive), { timeout: 5_000 }).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie whose parent was killed is dead as well.
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

test.each([
  [{ interactiveMode: 'Always' }, 'wants a terminal'],
  [{ apiVersion: 'client.authentication.k8s.io/v1alpha1' }, 'v1alpha1'],
  [{ apiVersion: undefined }, 'speaks apiVersion ""'],
])('a plugin with %j is refused before anything runs', async (more, why) => {
  const { exec, runs } = plugin(`give({ token: 't' });`, more);
  const kubeconfig = writeKubeconfig({ user: { exec } });
  const error = await refusalOf(connectCluster({ kubeconfig, env: {} }));
  expect(error.code).toBe('cluster_not_configured');
  expect(error.message).toContain(why);
  expect(runs()).toEqual([]);
});
