import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { at, stringOf } from '../../src/core/json.ts';
import { type FaultyNetwork, isChange, startFaultyNetwork } from '../campaign/world/network.ts';
import { useCluster } from '../cluster/index.ts';
import {
  type Bench,
  expectChainWhole,
  expectNoMarks,
  expectUntouched,
  FAST_POLICY,
  kill,
  openBench,
  settled,
} from '../recovery/bench.ts';
import { type RawServer, startRaw } from './raw.ts';

/** What the product promises, from the signal to the exit of the process. */
const LEAVES_WITHIN_MS = 2_000;

const cluster = useCluster();
let network: FaultyNetwork;

beforeAll(async () => {
  network = await startFaultyNetwork(cluster);
});
afterAll(() => network?.close());

const WAYS: [name: string, leave: (server: RawServer) => void][] = [
  ['the end of stdin', ({ child }) => child.stdin.end()],
  ...(['SIGTERM', 'SIGINT', 'SIGHUP'] as const).map(
    (signal): [string, (server: RawServer) => void] => [signal, ({ child }) => child.kill(signal)],
  ),
];

async function startIn(bench: Bench, policy: string, kubeconfig: string): Promise<RawServer> {
  const server = await startRaw({ kubeconfig, journal: bench.journal, policy });
  onTestFinished(() => {
    server.child.kill('SIGKILL');
  });
  return server;
}

async function openAt(kubeconfig: string, policy = FAST_POLICY) {
  const bench = await openBench(cluster, 'leaving');
  onTestFinished(() => bench.remove());
  const before = await bench.configMap('settings');
  const server = await startIn(bench, policy, kubeconfig);
  const { namespace } = bench;
  const opened = await server.call('transaction_begin', {
    reason: 'test',
    namespaces: [namespace],
  });
  const transaction = stringOf(at(opened, 'structuredContent', 'transaction')) ?? '';
  const change = {
    kind: 'ConfigMap',
    name: 'settings',
    namespace,
    patch: { data: { mode: 'slow' } },
    transaction,
    reason: 'test',
  };
  return { bench, before, server, transaction, change };
}

/** All is as it was: at once, or by the next start when the time was too short. */
async function expectTakenBack(
  bench: Bench,
  before: Awaited<ReturnType<Bench['configMap']>>,
  kubeconfig: string,
): Promise<void> {
  const next = await bench.start({}, kubeconfig);
  try {
    const transactions = await settled(next);
    expect(transactions.map(({ state }) => state)).toEqual(['ABORTED']);
    expectUntouched(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
  } finally {
    await kill(next);
  }
  expectChainWhole(bench);
}

for (const [name, leave] of WAYS) {
  test(`${name} in the middle of a transaction: gone within 2 s, the change taken back`, {
    timeout: 120_000,
  }, async () => {
    const { bench, before, server, change } = await openAt(cluster.kubeconfig());
    const changed = await server.call('mitigate_patch', change);
    expect(at(changed, 'structuredContent', 'status'), JSON.stringify(changed)).toBe('applied');
    expect((await bench.configMap('settings'))?.data).toMatchObject({ mode: 'slow' });
    const since = performance.now();
    leave(server);
    const { code, signal, ms } = await server.gone(since);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(ms, server.stderr()).toBeLessThan(LEAVES_WITHIN_MS);
    server.expectPureStdout();
    await expectTakenBack(bench, before, cluster.kubeconfig());
  });
}

test('SIGTERM while a commit settles: nothing is committed, the change is taken back', {
  timeout: 120_000,
}, async () => {
  const slow = join(network.kubeconfig, '..', 'slow.yaml');
  writeFileSync(
    slow,
    readFileSync(FAST_POLICY, 'utf8')
      .replace('stableSeconds: 0', 'stableSeconds: 6')
      .replace('samples: 1', 'samples: 2'),
  );
  const { bench, before, server, change, transaction } = await openAt(cluster.kubeconfig(), slow);
  await server.call('mitigate_patch', change);
  const settling = await server.call('transaction_commit', { transaction, wait_seconds: 0 });
  expect(at(settling, 'structuredContent', 'status')).toBe('settling');
  const since = performance.now();
  server.child.kill('SIGTERM');
  const { code, ms } = await server.gone(since);
  expect(code).toBe(0);
  expect(ms, server.stderr()).toBeLessThan(LEAVES_WITHIN_MS);
  // There was time enough, so it needs no next start.
  expect(bench.rows()).toMatchObject([{ state: 'ABORTED' }]);
  expectUntouched(await bench.configMap('settings'), before);
  await expectTakenBack(bench, before, cluster.kubeconfig());
});

test('an abort while a commit settles takes it back, and the commit says so', {
  timeout: 120_000,
}, async () => {
  const slow = join(network.kubeconfig, '..', 'slow.yaml');
  const { bench, before, server, change, transaction } = await openAt(cluster.kubeconfig(), slow);
  await server.call('mitigate_patch', change);
  const commit = server.send('transaction_commit', { transaction, wait_seconds: 40 });
  const aborted = await server.call('transaction_abort', { transaction, reason: 'enough' });
  expect(aborted).toMatchObject({
    structuredContent: { state: 'ABORTED', undo: { complete: true } },
  });
  expect(at(await server.result(commit), 'structuredContent', 'status')).not.toBe('committed');
  expectUntouched(await bench.configMap('settings'), before);
  await expectNoMarks(bench);
});

test('SIGTERM with an API server that does not answer: gone within 2 s, the next start takes back', {
  timeout: 120_000,
}, async () => {
  const { bench, before, server, change } = await openAt(network.kubeconfig);
  await server.call('mitigate_patch', change);
  network.fate = () => 'hold';
  const since = performance.now();
  server.child.kill('SIGTERM');
  const { code, ms } = await server.gone(since);
  network.fate = () => 'pass';
  expect(code).toBe(0);
  expect(ms, server.stderr()).toBeLessThan(LEAVES_WITHIN_MS);
  expect((await bench.configMap('settings'))?.data).toMatchObject({ mode: 'slow' });
  await expectTakenBack(bench, before, network.kubeconfig);
});

test('SIGTERM while a write is on its way: the write is taken back', {
  timeout: 120_000,
}, async () => {
  const { bench, before, server, change } = await openAt(network.kubeconfig);
  let left = 1;
  network.fate = (request) => (isChange(request) && left-- > 0 ? 'hold' : 'pass');
  server.send('mitigate_patch', change);
  await network.held();
  const since = performance.now();
  server.child.kill('SIGTERM');
  await network.deliver();
  const { code, ms } = await server.gone(since);
  expect(code).toBe(0);
  expect(ms, server.stderr()).toBeLessThan(LEAVES_WITHIN_MS);
  server.expectPureStdout();
  await expectTakenBack(bench, before, network.kubeconfig);
});
