import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type Fate,
  type FaultyNetwork,
  isChange,
  type PassingRequest,
  startFaultyNetwork,
} from '../campaign/world/network.ts';
import { useCluster } from '../cluster/index.ts';
import type { Assistant } from '../story/client.ts';
import {
  type Bench,
  begin,
  expectChainWhole,
  expectNoMarks,
  expectRecreated,
  kill,
  openBench,
} from './bench.ts';

const cluster = useCluster();
let network: FaultyNetwork;

beforeAll(async () => {
  network = await startFaultyNetwork(cluster);
});
afterEach(() => {
  network.fate = () => 'pass';
});
afterAll(() => network?.close());

/** A server sends its first change and is killed before that arrives: the network has it still. */
async function dieSending(
  bench: Bench,
  change: (server: Assistant, transaction: string) => Promise<unknown>,
): Promise<string> {
  const dying = await bench.start({}, network.kubeconfig);
  const transaction = await begin(dying, bench);
  let left = 1;
  network.fate = (request) => (isChange(request) && left-- > 0 ? 'hold' : 'pass');
  const lost = change(dying, transaction).catch(() => undefined);
  await network.held();
  await kill(dying);
  await lost;
  return transaction;
}

/** What the recovery has made of the one transaction of the journal, also where it needs a person. */
async function outcome({ rows, cluster: { waitFor } }: Bench): Promise<string | undefined> {
  const state = () => rows()[0]?.state;
  await waitFor(
    'the end of the recovery',
    async () => !['OPEN', 'ABORTING'].includes(state() ?? ''),
  );
  return state();
}

function isFence(request: PassingRequest): boolean {
  return isChange(request) && request.auditId.endsWith('-fence');
}

test('a delete that lands just before its fence is taken back', { timeout: 120_000 }, async () => {
  const bench = await openBench(cluster, 'overtaken');
  let server: Assistant | undefined;
  try {
    const before = await bench.configMap('settings');
    const { namespace } = bench;
    const settings = { kind: 'ConfigMap', name: 'settings', namespace };
    await dieSending(bench, (dying, transaction) =>
      dying.call('mitigate_delete', { ...settings, transaction, reason: 'test' }),
    );
    const late: number[] = [];
    network.fate = async (request): Promise<Fate> => {
      if (isFence(request)) late.push(...(await network.deliver()));
      return 'pass';
    };
    server = await bench.start({}, network.kubeconfig);
    expect(await outcome(bench)).toBe('ABORTED');
    expect(late).toEqual([200]);
    expectRecreated(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
    expectChainWhole(bench);
  } finally {
    if (server !== undefined) await kill(server);
    bench.remove();
  }
});
