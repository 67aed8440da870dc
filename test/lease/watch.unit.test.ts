import { expect, test } from 'vitest';
import type { LiveObject } from '../../src/cluster/types.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { LeasePort } from '../../src/transaction/lease-port.ts';
import type { LeaseRecord } from '../../src/transaction/lease-record.ts';
import { claimOf } from '../../src/transaction/lease-rule.ts';
import { LeaseWatch } from '../../src/transaction/lease-watch.ts';

const ME = { identity: 'me_1_j_p_n', journal: 'j', place: 'p', knows: () => true };

/** Looks at a Lease that somebody writes to once, after 3 s, by a clock of the test's. */
async function watched(record: Pick<LeaseRecord, 'holder' | 'epoch'>) {
  let time = 0;
  const clock = {
    now: () => time,
    monotonic: () => time,
    sleep: async (ms: number) => {
      time += ms;
    },
  } as Clock;
  const read = async () =>
    ({
      ...record,
      live: { uid: 'u', resourceVersion: time < 3_000 ? '1' : '2' } as LiveObject,
      durationMs: 15_000,
    }) as LeaseRecord;
  const watch = new LeaseWatch({ read } as unknown as LeasePort, clock);
  const found = await watch.until((it, unchangedMs) => claimOf(it, ME, unchangedMs));
  return { kind: found.kind, time };
}

test('whoever renews it while we look is alive', async () => {
  const holder = { identity: 'other_1_k_q_n', host: 'other' };
  expect(await watched({ holder, epoch: 3 })).toMatchObject({ kind: 'busy' });
});

test('a Lease that nobody holds and somebody touches is waited for from then on', async () => {
  expect(await watched({ holder: undefined, epoch: 0 })).toEqual({ kind: 'free', time: 18_000 });
});
