import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import {
  type Fate,
  type FaultyNetwork,
  type PassingRequest,
  startFaultyNetwork,
} from '../campaign/world/network.ts';
import { useCluster } from '../cluster/index.ts';
import {
  type Bench,
  begin,
  expectNoMarks,
  expectUntouched,
  kill,
  openBench,
  setMode,
  settled,
} from '../recovery/bench.ts';
import type { Assistant } from '../story/client.ts';
import { expectTeaches } from './teaches.ts';

const cluster = useCluster();
let network: FaultyNetwork;
let bench: Bench;
let server: Assistant;

beforeAll(async () => {
  network = await startFaultyNetwork(cluster);
  bench = await openBench(cluster, 'nonsense');
  server = await bench.start({}, network.kubeconfig);
});
afterAll(async () => {
  if (server !== undefined) await kill(server);
  bench?.remove();
  await network?.close();
});

const NONSENSE = ['busy', 'broken', 'garbage', 'a stranger answers', 'half the answer'] as const;

const isObject = ({ path }: PassingRequest) => path.includes('/configmaps/settings');
const isDryRun = (request: PassingRequest) => isObject(request) && request.dryRun;
const isRead = ({ method, path }: PassingRequest) =>
  method === 'GET' && path.endsWith('/configmaps/settings');
const isWrite = (request: PassingRequest) =>
  isObject(request) && !request.dryRun && request.method !== 'GET';

/** Misbehaves at the first request of the kind, then no more. */
function once(which: (request: PassingRequest) => boolean, fate: Fate): void {
  let left = 1;
  network.fate = (request) => (which(request) && left-- > 0 ? fate : 'pass');
}

for (const fate of [...NONSENSE, 'silence'] as const) {
  test(`a read that gets ${fate}: a clear error, and the next call works`, async () => {
    const args = { kind: 'ConfigMap', name: 'settings', namespace: bench.namespace };
    network.fate = (request) => (isObject(request) ? fate : 'pass');
    const answer = await server.call('observe_get', args);
    network.fate = () => 'pass';
    expect(answer.isError, answer.text).toBe(true);
    expect(answer.text).toMatch(/\[cluster_(error|unreachable)\]/);
    expect(answer.text).toMatch(/^Next: \S.{10,}/m);
    expect(answer.text).not.toMatch(/^\s+at |<script>/m);
    const next = await server.call('observe_get', args);
    expect(next.isError, next.text).toBe(false);
  });
}

for (const fate of NONSENSE) {
  test(`a dry run that gets ${fate}: refused, nothing written, no transaction left`, async () => {
    const before = await bench.configMap('settings');
    once(isDryRun, fate);
    const answer = await setMode(server, bench, 'slow');
    network.fate = () => 'pass';
    expectTeaches(
      answer,
      answer.text.includes('[dry_run_rejected]') ? 'dry_run_rejected' : 'cluster_error',
    );
    expect(answer.text).toContain('Nothing was changed.');
    expectUntouched(await bench.configMap('settings'), before);
    expect(await open()).toEqual([]);
  });
}

for (const fate of NONSENSE) {
  test(`a write that gets ${fate} ends as it began`, { timeout: 120_000 }, async () => {
    const before = await bench.configMap('settings');
    const transaction = await begin(server, bench);
    once(isWrite, fate);
    const answer = await setMode(server, bench, 'slow', { transaction });
    network.fate = () => 'pass';
    expect(answer.isError, answer.text).toBe(true);
    expect(answer.text).not.toContain('[internal]');
    expect(answer.text).toContain('Nothing was changed.');
    // A plain refusal ends the command alone, a lost answer the whole transaction.
    const { data } = await server.call('transaction_status', { transaction });
    if (data.state === 'OPEN')
      await server.call('transaction_abort', { transaction, reason: 'test' });
    await settled(server);
    expectUntouched(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
    expect(await open()).toEqual([]);
  });
}

for (const fate of NONSENSE) {
  test(`an undo whose read gets ${fate} is taken up again, not given up`, {
    timeout: 120_000,
  }, async () => {
    const before = await bench.configMap('settings');
    const transaction = await begin(server, bench);
    await setMode(server, bench, 'slow', { transaction });
    once(isRead, fate);
    await server.call('transaction_abort', { transaction, reason: 'test' });
    network.fate = () => 'pass';
    const [last] = await settled(server);
    expect(last).toMatchObject({ transaction, state: 'ABORTED' });
    expectUntouched(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
  });
}

async function open(): Promise<unknown> {
  const { data } = await server.call('transaction_status', { open: true });
  return (data as JsonObject).transactions;
}
