import { expect, onTestFinished, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import type { Assistant } from '../story/client.ts';
import {
  type Bench,
  begin,
  expectChainWhole,
  expectNoMarks,
  expectUntouched,
  kill,
  openBench,
  setMode,
  settled,
} from './bench.ts';

const cluster = useCluster();

async function openTwo(): Promise<{ bench: Bench; first: Assistant; second: Assistant }> {
  const bench = await openBench(cluster, 'two');
  const servers: Assistant[] = [];
  onTestFinished(async () => {
    for (const server of servers) await kill(server);
    bench.remove();
  });
  for (let i = 0; i < 2; i++) servers.push(await bench.start());
  const [first, second] = servers as [Assistant, Assistant];
  return { bench, first, second };
}

function tryBegin(server: Assistant, { namespace }: Bench) {
  return server.call('transaction_begin', { reason: 'test', namespaces: [namespace] });
}

test('the second server is told who writes, leaves it alone, and follows when it is done', {
  timeout: 120_000,
}, async () => {
  const { bench, first, second } = await openTwo();
  const transaction = await begin(first, bench);
  await setMode(first, bench, 'slow', { transaction });

  const refused = await tryBegin(second, bench);
  expect(refused.isError).toBe(true);
  expect(refused.text).toContain('[writer_busy]');
  expect(refused.text).toContain(`pid ${first.pid}`);
  expect(refused.text).toContain('Nothing was changed.');
  expect(refused.text).toContain('Next: ');

  // Neither its first write nor its own start took back what the live one has open.
  const foreign = await setMode(second, bench, 'theirs', { transaction });
  expect(foreign.text).toContain('[writer_busy]');
  expect((await bench.configMap('settings'))?.data).toMatchObject({ mode: 'slow' });
  const seen = await second.call('transaction_status', { transaction });
  expect(seen.data).toMatchObject({ state: 'OPEN', mine: false });

  const done = await first.call('transaction_commit', { transaction });
  expect(done.data, done.text).toMatchObject({ status: 'committed' });
  const next = await begin(second, bench);
  await setMode(second, bench, 'steady', { transaction: next });
  const committed = await second.call('transaction_commit', { transaction: next });
  expect(committed.data, committed.text).toMatchObject({ status: 'committed' });
  expect((await bench.configMap('settings'))?.data).toMatchObject({ mode: 'steady' });
  expectChainWhole(bench);
});

test('after a kill -9 of the holder the next begin takes its changes back first', {
  timeout: 120_000,
}, async () => {
  const { bench, first, second } = await openTwo();
  const before = await bench.configMap('settings');
  const transaction = await begin(first, bench);
  await setMode(first, bench, 'slow', { transaction });
  // It was there all the time, so its recovery at the start has long passed.
  expect((await tryBegin(second, bench)).text).toContain('[writer_busy]');
  await kill(first);

  const next = await begin(second, bench);
  expect(next).not.toBe(transaction);
  expectUntouched(await bench.configMap('settings'), before);
  await expectNoMarks(bench);
  const { data } = await second.call('transaction_status', { transaction });
  expect(data).toMatchObject({ state: 'ABORTED' });
  await second.call('transaction_abort', { transaction: next, reason: 'test' });
  expectChainWhole(bench);
});

test('a holder that is stopped keeps the lock, and goes on when it is continued', {
  timeout: 120_000,
}, async () => {
  const { bench, first, second } = await openTwo();
  const transaction = await begin(first, bench);
  await setMode(first, bench, 'slow', { transaction });
  process.kill(first.pid, 'SIGSTOP');
  try {
    const refused = await tryBegin(second, bench);
    expect(refused.text).toContain('[writer_busy]');
    expect(refused.text).toContain(`pid ${first.pid}`);
    expect((await bench.configMap('settings'))?.data).toMatchObject({ mode: 'slow' });
  } finally {
    process.kill(first.pid, 'SIGCONT');
  }
  const done = await first.call('transaction_commit', { transaction });
  expect(done.data, done.text).toMatchObject({ status: 'committed' });
});

test('of two that begin at the same moment one gets it', { timeout: 120_000 }, async () => {
  const { bench, first, second } = await openTwo();
  const answers = await Promise.all([first, second].map((server) => tryBegin(server, bench)));
  const winners = answers.filter(({ isError }) => !isError);
  expect(winners).toHaveLength(1);
  expect(answers.find(({ isError }) => isError)?.text).toContain('[writer_busy]');
});

test('an abort beside a command leaves nothing of it behind', { timeout: 120_000 }, async () => {
  const { bench, first } = await openTwo();
  const before = await bench.configMap('settings');
  for (let round = 0; round < 3; round++) {
    const transaction = await begin(first, bench);
    const [change] = await Promise.all([
      setMode(first, bench, `slow-${round}`, { transaction }),
      first.call('transaction_abort', { transaction, reason: 'test' }),
    ]);
    expect(change.text).toMatch(/status|transaction_state/);
    await settled(first);
    expectUntouched(await bench.configMap('settings'), before);
  }
  await expectNoMarks(bench);
});
