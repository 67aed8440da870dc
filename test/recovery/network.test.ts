import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Fate,
  type FaultyNetwork,
  isChange,
  startFaultyNetwork,
} from '../campaign/world/network.ts';
import { useCluster } from '../cluster/index.ts';
import {
  begin,
  expectChainWhole,
  expectNoMarks,
  expectRecreated,
  expectUntouched,
  kill,
  openBench,
  setMode,
  settled,
} from './bench.ts';

const cluster = useCluster();
let network: FaultyNetwork;

beforeAll(async () => {
  network = await startFaultyNetwork(cluster);
});
afterAll(() => network?.close());

/** Misbehaves at the first request that changes something, then no more. */
function once(fate: Fate): void {
  let left = 1;
  network.fate = (request) => (isChange(request) && left-- > 0 ? fate : 'pass');
}

for (const fate of ['drop request', 'drop answer', 'time out, then do'] as const) {
  test(`an answer that is lost (${fate}) ends the transaction as it began`, {
    timeout: 120_000,
  }, async () => {
    const bench = await openBench(cluster, 'lost');
    const server = await bench.start({}, network.kubeconfig);
    try {
      const before = await bench.configMap('settings');
      const transaction = await begin(server, bench);
      once(fate);
      const answer = await setMode(server, bench, 'slow', { transaction });
      expect(answer.isError).toBe(true);
      expect(answer.text).toContain('[outcome_unknown]');
      expect(answer.text).toContain(`${transaction} is aborted`);
      expect(answer.text).toContain('Nothing was changed.');
      expect(await settled(server)).toMatchObject([{ state: 'ABORTED' }]);
      // Time for the write that was answered too early.
      await new Promise((resolve) => setTimeout(resolve, 500));
      expectUntouched(await bench.configMap('settings'), before);
      await expectNoMarks(bench);
      expectChainWhole(bench);
    } finally {
      await kill(server);
      bench.remove();
    }
  });
}

for (const [tool, args] of [
  ['mitigate_patch', { kind: 'ConfigMap', name: 'settings', patch: { data: { mode: 'slow' } } }],
  ['mitigate_delete', { kind: 'ConfigMap', name: 'settings' }],
  [
    'mitigate_apply',
    {
      mode: 'create',
      manifest: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fresh"}}',
    },
  ],
] as const) {
  // The answer that comes is the second delivery's: 409 or 404, because the first was done; or it is too many.
  test.each([['twice'], [{ answer: 429, done: 'before' }]] as const)(
    `${tool} that was done and is answered with a refusal (%j) is not taken for refused`,
    {
      timeout: 120_000,
    },
    async (fate) => {
      const bench = await openBench(cluster, 'twice');
      const server = await bench.start({}, network.kubeconfig);
      try {
        const before = await bench.configMap('settings');
        const transaction = await begin(server, bench);
        once(fate);
        const { namespace } = bench;
        const answer = await server.call(tool, { ...args, namespace, transaction, reason: 'test' });
        expect(answer.text).toContain('[outcome_unknown]');
        expect(await settled(server)).toMatchObject([{ state: 'ABORTED' }]);
        const after = await bench.configMap('settings');
        if (tool === 'mitigate_delete') expectRecreated(after, before);
        else expectUntouched(after, before);
        expect(await bench.configMap('fresh')).toBeUndefined();
        await expectNoMarks(bench);
      } finally {
        await kill(server);
        bench.remove();
      }
    },
  );
}

test('a write of a dead process that arrives after the recovery does nothing', {
  timeout: 180_000,
}, async () => {
  const bench = await openBench(cluster, 'late');
  const first = await bench.start({}, network.kubeconfig);
  let second: typeof first | undefined;
  try {
    const before = await bench.configMap('settings');
    const transaction = await begin(first, bench);
    once('hold');
    const lost = setMode(first, bench, 'slow', { transaction }).catch(() => undefined);
    await network.held();
    await kill(first);
    await lost;
    second = await bench.start({}, network.kubeconfig);
    expect(await settled(second)).toMatchObject([{ state: 'ABORTED' }]);
    expectUntouched(await bench.configMap('settings'), before);
    expect(await network.deliver()).toEqual([409]);
    expectUntouched(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
    expectChainWhole(bench);
  } finally {
    await kill(first);
    if (second !== undefined) await kill(second);
    bench.remove();
  }
});

test('a restore whose answer is lost is looked at again, not repeated blindly', {
  timeout: 120_000,
}, async () => {
  for (const fate of ['drop request', 'drop answer', 'time out, then do'] as const) {
    const bench = await openBench(cluster, 'restore');
    const server = await bench.start({}, network.kubeconfig);
    try {
      const before = await bench.configMap('settings');
      const transaction = await begin(server, bench);
      await setMode(server, bench, 'slow', { transaction });
      once(fate);
      const { data, text } = await server.call('transaction_abort', {
        transaction,
        reason: 'test',
      });
      expect(data, text).toMatchObject({ state: 'ABORTED', undo: { complete: true } });
      expectUntouched(await bench.configMap('settings'), before);
      await expectNoMarks(bench);
    } finally {
      network.fate = () => 'pass';
      await kill(server);
      bench.remove();
    }
  }
});
