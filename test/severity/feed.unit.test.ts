import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { createListFeed, type FeedSettings } from '../../src/cluster/feed.ts';
import { createReader } from '../../src/cluster/reader.ts';
import type { ClusterReader } from '../../src/cluster/types.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { WATCHED_KINDS } from '../../src/severity/kinds.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import type { Measurement } from '../../src/severity/types.ts';
import { connectTo, writeKubeconfig } from '../cluster-access/fixtures.ts';
import { app, appPod, NOW, object, SETTINGS, waiting } from './objects.ts';
import { startTinyApi, type TinyApi } from './tiny-api.ts';

const EVERYWHERE = { namespaces: 'all' } as const;

/** Wall time moves only when told: two measurements of one moment must be equal. */
function settableClock(): Clock & { at: number } {
  const clock = {
    at: NOW,
    now: () => clock.at,
    monotonic: () => performance.now(),
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  return clock;
}

async function fedMeter(api: TinyApi, settings: FeedSettings = {}) {
  const connection = await connectTo(writeKubeconfig({ server: api.url }));
  const all = WATCHED_KINDS.map(({ kind, group, plural, namespaced }) => ({
    ...{ kind, group, plural, namespaced, version: 'v1', verbs: ['list', 'watch'] },
    apiVersion: group === '' ? 'v1' : `${group}/v1`,
  }));
  const reader = {
    ...createReader(connection),
    resources: async () => ({ all, failedGroups: [] }),
  } as unknown as ClusterReader;
  const clock = settableClock();
  const feed = createListFeed(connection, { followFrom: 1, proofMs: 500, ...settings });
  const meter = createSeverityMeter({ reader, settings: SETTINGS, clock, feed });
  const listing = createSeverityMeter({ reader, settings: SETTINGS, clock });
  onTestFinished(() => meter.close());
  return {
    meter,
    clock,
    /** What the feed says, and what a fresh list of everything says. */
    both: async (): Promise<[Measurement, Measurement]> => [
      await meter.measure(EVERYWHERE),
      await listing.measure(EVERYWHERE),
    ],
  };
}

async function tinyApi(objects: readonly KubeObject[] = []): Promise<TinyApi> {
  const api = await startTinyApi();
  onTestFinished(() => api.close());
  for (const it of objects) api.put(it);
  return api;
}

const POD = 'catalog-5d9f-0';
const pod = (container?: ReturnType<typeof waiting>) =>
  appPod('catalog', 0, container === undefined ? {} : { container });
const ids = (it: Measurement) => it.violations.map((violation) => violation.id);
const CRASHING = 'container|Deployment/shop/catalog|CrashLoop';

/** One change that somebody makes, or that befalls the watches. */
type Step =
  | { readonly do: 'pod' | 'put' | 'delete'; app: number; index: number; how: number }
  | { readonly do: 'swallow' | 'cut' | 'compact' }
  | { readonly do: 'wait'; seconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('pod', 'pod', 'put', 'delete'),
    app: fc.nat(2),
    index: fc.nat(7),
    how: fc.nat(4),
  }),
  fc.record({ do: fc.constantFrom('swallow', 'cut', 'compact') }),
  fc.record({ do: fc.constant('wait'), seconds: fc.nat(200) }),
);
const names = ['catalog', 'cart', 'payment'];

function take(api: TinyApi, clock: { at: number }, it: Step): void {
  if ('seconds' in it) {
    clock.at += it.seconds * 1000;
    return;
  }
  if (!('app' in it)) {
    api[it.do]();
    return;
  }
  const name = names[it.app] ?? 'catalog';
  const whole = app(name, { replicas: 3 });
  if (it.do === 'pod') {
    const options = [
      {},
      { container: waiting('CrashLoopBackOff') },
      { container: waiting('ImagePullBackOff') },
      { pod: { phase: 'Pending', conditions: [] } },
      { pod: { phase: 'Failed' } },
    ][it.how];
    api.put(appPod(name, it.index % 3, options));
  } else if (it.do === 'put') {
    const found = app(name, { replicas: 3, available: it.how % 4 })[it.index];
    if (found !== undefined) api.put(found);
  } else {
    const found = whole[it.index];
    if (found !== undefined) api.delete(found.kind, found.metadata.name);
  }
}

test('a measurement from watches equals one from fresh lists, whatever happened', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { maxLength: 6 }), { minLength: 1, maxLength: 5 }),
      async (rounds) => {
        const api = await tinyApi(names.slice(0, 2).flatMap((name) => app(name, { replicas: 3 })));
        const { both, clock, meter } = await fedMeter(api);
        for (const round of rounds) {
          const [fed, listed] = await both();
          expect(fed).toEqual(listed);
          for (const it of round) take(api, clock, it);
        }
        const [fed, listed] = await both();
        expect(fed).toEqual(listed);
        meter.close();
        api.close();
      },
    ),
    { numRuns: 30 },
  );
}, 120_000);

test('what is followed is listed once', async () => {
  const api = await tinyApi(app('catalog'));
  const { meter } = await fedMeter(api);
  for (let round = 0; round < 4; round++) {
    api.put(pod(waiting(round % 2 === 0 ? 'CrashLoopBackOff' : 'ErrImagePull')));
    const measured = await meter.measure(EVERYWHERE);
    expect(measured.unknowns).toEqual([]);
    expect(ids(measured).includes(CRASHING)).toBe(round % 2 === 0);
  }
  expect(api.lists('Pod')).toBe(1);
});

test('a watch whose connection went silent is not believed', async () => {
  const api = await tinyApi(app('catalog'));
  const { meter } = await fedMeter(api);
  await meter.measure(EVERYWHERE);
  await meter.measure(EVERYWHERE);
  api.swallow();
  api.put(pod(waiting('CrashLoopBackOff')));
  expect(ids(await meter.measure(EVERYWHERE))).toContain(CRASHING);
  api.swallow();
  api.delete('Pod', POD);
  expect(ids(await meter.measure(EVERYWHERE))).not.toContain(CRASHING);
});

test.each([
  ['nothing', 'nothing'],
  ['half an event', '{"type":"MODIFIED","object":{"metadata"'],
  ['a page of HTML', '<html>\n'],
  ['an event without an object', '{"type":"ADDED"}\n'],
  ['an error', '{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}\n'],
])('where watches say %s, the truth is listed', async (_, body) => {
  const api = await tinyApi(app('catalog'));
  const { meter } = await fedMeter(api);
  await meter.measure(EVERYWHERE);
  api.watchBody = () => body;
  for (const reason of ['CrashLoopBackOff', undefined]) {
    api.put(pod(reason === undefined ? undefined : waiting(reason)));
    const measured = await meter.measure(EVERYWHERE);
    expect(measured.unknowns).toEqual([]);
    expect(ids(measured).includes(CRASHING)).toBe(reason !== undefined);
  }
});

test('an API server without streaming lists is listed', async () => {
  const api = await tinyApi(app('catalog'));
  const { meter } = await fedMeter(api);
  const refusal = '{"type":"ERROR","object":{"kind":"Status","code":422,"message":"forbidden"}}\n';
  api.watchBody = (path) => (path.includes('sendInitialEvents') ? refusal : undefined);
  await meter.measure(EVERYWHERE);
  api.put(pod(waiting('CrashLoopBackOff')));
  expect(ids(await meter.measure(EVERYWHERE))).toContain(CRASHING);
});

test('nobody measures: the watches end and what was held is dropped', async () => {
  const api = await tinyApi(app('catalog'));
  const { meter } = await fedMeter(api, { idleMs: 50 });
  await meter.measure(EVERYWHERE);
  await expect.poll(() => api.watches()).toBe(0);
  await meter.measure(EVERYWHERE);
  expect(api.lists('Pod')).toBe(2);
});

test('closed, it holds no watch, and still measures', async () => {
  const api = await tinyApi(app('catalog'));
  const { meter } = await fedMeter(api);
  await meter.measure(EVERYWHERE);
  await expect.poll(() => api.watches()).toBeGreaterThan(0);
  meter.close();
  await expect.poll(() => api.watches()).toBe(0);
  api.put(pod(waiting('CrashLoopBackOff')));
  expect(ids(await meter.measure(EVERYWHERE))).toContain(CRASHING);
  expect(api.watches()).toBe(0);
});

test('closed in the middle of a measurement, it holds no watch either', async () => {
  const api = await tinyApi(app('catalog'));
  const { meter } = await fedMeter(api);
  for (const round of [0, 1]) {
    const measuring = meter.measure(EVERYWHERE);
    if (round === 1) {
      await expect.poll(() => api.watches()).toBeGreaterThan(0);
      meter.close();
    }
    expect((await measuring).unknowns).toEqual([]);
  }
  await expect.poll(() => api.watches()).toBe(0);
});

test('a cancelled measurement harms no later one', async () => {
  const api = await tinyApi(app('catalog'));
  const { meter } = await fedMeter(api);
  await meter.measure(EVERYWHERE);
  const controller = new AbortController();
  const reason = new Error('the client left');
  const cancelled = meter.measure(EVERYWHERE, controller.signal);
  controller.abort(reason);
  await expect(cancelled).rejects.toBe(reason);
  api.put(pod(waiting('CrashLoopBackOff')));
  expect(ids(await meter.measure(EVERYWHERE))).toContain(CRASHING);
});

test('measurements at the same time are each right', async () => {
  const api = await tinyApi([...app('catalog'), object('Namespace', 'shop')]);
  const { meter } = await fedMeter(api);
  const results = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      api.put(pod(waiting(index < 7 ? 'ErrImagePull' : 'CrashLoopBackOff')));
      return meter.measure(EVERYWHERE);
    }),
  );
  for (const measured of results) expect(measured.unknowns).toEqual([]);
  expect(ids(await meter.measure(EVERYWHERE))).toContain(CRASHING);
});
