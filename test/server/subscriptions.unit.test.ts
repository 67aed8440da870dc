import { expect, onTestFinished, test, vi } from 'vitest';
import type { Journal } from '../../src/journal/types.ts';
import { AUDIT_URI, TRANSACTIONS_URI } from '../../src/server/resources/addresses.ts';
import { subscriptionsOf } from '../../src/server/resources/subscriptions.ts';
import type { Runtime } from '../../src/server/runtime.ts';

/** Subscriptions over an audit log that only counts how often it is looked at. */
function counted() {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  let looks = 0;
  const audit = {
    head: () => {
      looks += 1;
      return 1;
    },
  };
  const runtime = {
    journal: async () => ({ audit }) as unknown as Journal,
    stopping: new AbortController().signal,
    log: { debug: () => {} },
  } as unknown as Runtime;
  const subscriptions = subscriptionsOf(runtime, async () => {});
  onTestFinished(() => subscriptions.close());
  return {
    subscriptions,
    looksIn: async (ms: number) => {
      looks = 0;
      await vi.advanceTimersByTimeAsync(ms);
      return looks;
    },
  };
}

test('who comes and goes many times is looked for once a second all the same', async () => {
  const { subscriptions, looksIn } = counted();
  for (let times = 0; times < 50; times++) {
    subscriptions.add(AUDIT_URI);
    subscriptions.remove(AUDIT_URI);
  }
  subscriptions.add(AUDIT_URI);
  await looksIn(0);
  expect(await looksIn(10_000)).toBe(10);
  subscriptions.remove(AUDIT_URI);
  expect(await looksIn(10_000)).toBe(0);
});

test('a client can not make the server remember addresses without end', () => {
  const { subscriptions } = counted();
  const taken = Array.from({ length: 5_000 }, (_, index) =>
    subscriptions.add(`${TRANSACTIONS_URI}/txn-${index}`),
  ).filter((it) => it);
  expect(taken).toHaveLength(1_000);
  expect(subscriptions.add(`${TRANSACTIONS_URI}/txn-0`)).toBe(true);
  subscriptions.remove(`${TRANSACTIONS_URI}/txn-0`);
  expect(subscriptions.add(AUDIT_URI)).toBe(true);
});
