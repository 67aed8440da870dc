import { expect, test, vi } from 'vitest';
import type { LiveObject } from '../../src/cluster/types.ts';
import type { Clock } from '../../src/core/clock.ts';
import { StratusError } from '../../src/core/errors.ts';
import { createLog } from '../../src/core/log.ts';
import { LeaseHold } from '../../src/transaction/lease-hold.ts';
import type { LeasePort } from '../../src/transaction/lease-port.ts';
import type { LeaseRecord } from '../../src/transaction/lease-record.ts';

const SECONDS = 15;
const ME = 'me_1_j_p_n';

/** The API server's side of a Lease, and both clocks, owned by the test. */
function world() {
  const time = { monotonic: 1_000, wall: 1_700_000_000_000 };
  const clock: Clock = {
    now: () => time.wall,
    monotonic: () => time.monotonic,
    sleep: async () => undefined,
  };
  const state = { version: 1, holder: ME, epoch: 4, there: true, answers: true, writes: 0 };
  const record = (): LeaseRecord => ({
    live: { uid: 'u', resourceVersion: String(state.version) } as LiveObject,
    holder: state.holder === '' ? undefined : { identity: state.holder, host: state.holder },
    epoch: state.epoch,
    durationMs: SECONDS * 1_000,
    acquired: undefined,
    renewed: undefined,
    open: undefined,
  });
  const port: LeasePort = {
    read: async () => (state.there ? record() : undefined),
    write: async (_act, base) => {
      if (!state.answers) throw new StratusError('cluster_unreachable', 'It does not answer.');
      if (!state.there || base?.live.resourceVersion !== String(state.version)) {
        return { kind: 'moved' };
      }
      state.version += 1;
      state.writes += 1;
      return { kind: 'written', record: record() };
    },
  };
  const lost: string[] = [];
  const log = createLog('silent');
  const parts = { label: 'a/b', port, clock, log, identity: ME, seconds: SECONDS };
  const hold = new LeaseHold(
    { ...parts, lost: (why) => lost.push(why) },
    record(),
    undefined,
    time.monotonic,
  );
  const pass = (ms: number) => {
    time.monotonic += ms;
    time.wall += ms;
  };
  return { time, state, hold, lost, pass };
}

test('a fresh Lease costs a write no request', async () => {
  const { hold, state } = world();
  const permit = await hold.permit();
  expect(permit.kind).toBe('granted');
  expect(state.writes).toBe(0);
  hold.stop();
});

test('past its end it is renewed before anything is sent; when nobody answers nothing is sent', async () => {
  const { hold, state, pass } = world();
  pass(SECONDS * 1_000 + 1);
  state.answers = false;
  expect(await hold.permit()).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('could not be renewed in time. It does not answer.'),
  });
  state.answers = true;
  expect((await hold.permit()).kind).toBe('granted');
  expect(state.writes).toBe(1);
  hold.stop();
});

test('leave that was given ends with the Lease, at the last moment before the bytes leave', async () => {
  const { hold, pass } = world();
  const permit = await hold.permit();
  if (permit.kind !== 'granted') throw new Error('refused');
  expect(permit.holds()).toBe(true);
  pass(SECONDS * 1_000 * (14 / 15) - 1);
  expect(permit.holds()).toBe(true);
  pass(2);
  expect(permit.holds()).toBe(false);
  hold.stop();
});

test.each([
  ['a wall clock that jumps ahead', 3_600_000],
  ['a wall clock that jumps back', -3_600_000],
  ['a machine that slept, with a monotonic clock that did not go on', 60_000],
])('%s: renewed first, and the same hold goes on', async (_, jump) => {
  const { hold, state, time } = world();
  const early = await hold.permit();
  time.wall += jump;
  // What was about to leave stays.
  expect(early.kind === 'granted' && early.holds()).toBe(false);
  expect((await hold.permit()).kind).toBe('granted');
  expect(state.writes).toBe(1);
  expect((await hold.permit()).kind).toBe('granted');
  expect(state.writes).toBe(1);
  hold.stop();
});

test.each([
  ['taken by somebody else', { holder: 'other', epoch: 5 }, 'was taken by other (epoch 5)'],
  ['freed by a person', { holder: '' }, 'was freed by somebody else'],
  ['deleted', { there: false }, 'was deleted'],
])('%s: lost for good, whatever comes after', async (_, change, said) => {
  const { hold, state, lost, pass } = world();
  const flying = await hold.permit();
  Object.assign(state, change, { version: state.version + 1 });
  pass(SECONDS * 1_000);
  expect(await hold.permit()).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining(said),
  });
  expect(lost).toEqual([expect.stringContaining(said)]);
  if (flying.kind !== 'granted') throw new Error('refused');
  expect(flying.signal.aborted).toBe(true);
  // Back as it was, but there may have been others meanwhile.
  Object.assign(state, { holder: ME, epoch: 4, there: true });
  expect((await hold.permit()).kind).toBe('refused');
});

test('a stranger who only edits it moves the version and nothing else', async () => {
  const { hold, state, lost, pass } = world();
  state.version += 1;
  pass(SECONDS * 1_000);
  expect((await hold.permit()).kind).toBe('granted');
  expect(lost).toEqual([]);
  hold.stop();
});

test('a request under way is ended when the Lease runs out, and lives on when it is renewed', async () => {
  vi.useFakeTimers();
  try {
    const { hold, state, pass } = world();
    const flying = await hold.permit();
    if (flying.kind !== 'granted') throw new Error('refused');
    pass(5_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(state.writes).toBe(1);
    state.answers = false;
    pass(13_000);
    await vi.advanceTimersByTimeAsync(13_000);
    expect(flying.signal.aborted).toBe(false);
    pass(2_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(flying.signal.aborted).toBe(true);
    hold.stop();
  } finally {
    vi.useRealTimers();
  }
});
