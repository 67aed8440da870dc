import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { freeze } from '../cluster/freeze.ts';
import { useCluster } from '../cluster/index.ts';
import { begin, expectUntouched, setMode, settled } from '../recovery/bench.ts';
import { openFleet, SECONDS } from './bench.ts';

const cluster = useCluster();
const PATIENCE = { timeout: 240_000 };

const fleet = () => openFleet(cluster, `default/fleet-${randomBytes(4).toString('hex')}`);

test(
  'a Lease that is deleted by hand is lost: what was open is taken back, in a higher epoch',
  PATIENCE,
  async () => {
    const { machine, read, remove } = fleet();
    const one = await machine('one');
    const first = await one.start();
    const before = await one.configMap('settings');
    const transaction = await begin(first, one);
    await setMode(first, one, 'slow', { transaction });
    const { epoch = 0 } = (await read()) ?? {};
    await remove();
    expect(await settled(first)).toMatchObject([{ state: 'ABORTED' }]);
    const { data } = await first.call('transaction_status', { transaction });
    expect(String(data.outcome)).toContain('was deleted');
    expectUntouched(await one.configMap('settings'), before);
    expect((await read())?.epoch).toBe(epoch + 1);
  },
);

test(
  'who makes a Lease anew first waits until a holder of the deleted one has stopped',
  PATIENCE,
  async () => {
    const { machine, remove } = fleet();
    const [one, two] = [await machine('one'), await machine('two')];
    const [first, second] = [await one.start(), await two.start()];
    const transaction = await begin(first, one);
    freeze(first.pid);
    const late = setMode(first, one, 'late', { transaction });
    try {
      await remove();
      const since = performance.now();
      const next = await begin(second, two);
      expect(performance.now() - since).toBeGreaterThan(SECONDS * 1_000);
      process.kill(first.pid, 'SIGCONT');
      const answer = await late;
      expect(answer.isError, answer.text).toBe(true);
      const done = await second.call('transaction_commit', { transaction: next });
      expect(done.data, done.text).toMatchObject({ status: 'committed' });
    } finally {
      process.kill(first.pid, 'SIGCONT');
    }
  },
);
