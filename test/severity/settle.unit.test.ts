import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import { settle } from '../../src/severity/settle.ts';
import type { Measurement, SettleRequest } from '../../src/severity/types.ts';
import { unsettledReasons } from '../../src/severity/unsettled.ts';
import {
  app,
  changed,
  condition,
  measured,
  NOW,
  object,
  ownedBy,
  SETTINGS,
  snapshot,
  waiting,
} from './objects.ts';

const CATALOG = ref('Deployment', 'catalog');

function ref(kind: string, name: string): ObjectRef {
  return { apiVersion: 'v1', kind, namespace: 'shop', name };
}

/** A clock that jumps when somebody sleeps. */
function jumpingClock(): Clock {
  let elapsed = 0;
  return {
    now: () => NOW + elapsed,
    monotonic: () => elapsed,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      elapsed += ms;
    },
  };
}

/** Settles over a cluster that is a function of the seconds since the begin. */
function settled(
  cluster: (seconds: number) => readonly KubeObject[],
  request: Partial<SettleRequest> = {},
) {
  const clock = jumpingClock();
  const start = clock.monotonic();
  return settle(
    {
      clock,
      settings: SETTINGS,
      snapshot: async () =>
        snapshot(cluster((clock.monotonic() - start) / 1000), { at: clock.now() }),
    },
    {
      scope: { namespaces: ['shop'] },
      touched: [CATALOG],
      settings: SETTINGS.settle,
      baseline: measured(app('catalog')),
      ...request,
    },
  );
}

const rolling = () =>
  app('catalog', { conditions: [condition('Progressing', 'True', 'ReplicaSetUpdated')] });

describe('settling', () => {
  test('what is at rest is stable after the stable time, not sooner', async () => {
    const result = await settled(() => app('catalog'));
    expect(result).toMatchObject({ kind: 'stable', samples: 4, ms: 30_000 });
    expect(result.measurement.unsettled).toEqual([]);
  });

  test('the stable time begins when a rollout ends', async () => {
    const result = await settled((seconds) => (seconds < 25 ? rolling() : app('catalog')));
    expect(result.kind).toBe('stable');
    expect(result.ms).toBeGreaterThanOrEqual(55_000);
  });

  test('a rollout that never ends is unsettled when the time is over, with the reason', async () => {
    const seen: string[][] = [];
    const onSample = (sample: Measurement) => seen.push([...sample.unsettled]);
    const result = await settled(rolling, { onSample });
    expect(result).toMatchObject({ kind: 'unsettled', ms: 120_000 });
    expect(result.kind === 'unsettled' && result.reason).toContain('ReplicaSetUpdated');
    expect(seen.at(-1)).toEqual(result.measurement.unsettled);
    expect(seen).toHaveLength(result.samples);
  });

  test('violations that come and go are not stable', async () => {
    const result = await settled((seconds) =>
      app('catalog', seconds % 20 < 10 ? {} : { available: 1 }),
    );
    expect(result.kind).toBe('unsettled');
  });

  test('a container that restarts every 25 s and looks well between does not settle', async () => {
    const cluster = (seconds: number) => {
      const restartCount = Math.floor(seconds / 25);
      const status = { name: 'web', state: { running: {} }, restartCount, ready: true };
      const pod = { containerStatuses: [status], conditions: [condition('Ready', 'True')] };
      return app('catalog', { pod });
    };
    expect((await settled(cluster)).kind).toBe('unsettled');
  });

  test('pods that are too young have to grow older', async () => {
    const born = new Date(NOW).toISOString();
    const cluster = () =>
      app('catalog').map((it) =>
        it.kind === 'Pod' ? { ...it, metadata: { ...it.metadata, creationTimestamp: born } } : it,
      );
    const settings = { ...SETTINGS.settle, minPodAgeSeconds: 50 };
    const result = await settled(cluster, { settings });
    expect(result.kind).toBe('stable');
    expect(result.ms).toBeGreaterThan(50_000);
  });

  test('what was deleted on purpose is at rest', async () => {
    expect((await settled(() => [])).kind).toBe('stable');
  });

  test('a namespace that was broken before only has to be the same', async () => {
    const crashing = (seconds: number) => {
      const restarts = Math.floor(seconds / 10);
      const container = { ...waiting('CrashLoopBackOff'), restartCount: restarts };
      return app('catalog', { container });
    };
    const result = await settled(crashing, { touched: [], baseline: undefined });
    expect(result).toMatchObject({ kind: 'stable', ms: 30_000 });
    expect(result.measurement.severity).toBeGreaterThan(0);
  });

  test('a touched workload that newly crashes ends it early', async () => {
    const result = await settled(() => app('catalog', { container: waiting('ErrImagePull') }));
    expect(result).toMatchObject({ kind: 'unsettled', samples: 2 });
    expect(result.kind === 'unsettled' && result.reason).toContain('ImagePull');
  });

  test('one that crashed before, or that nobody touched, does not end it early', async () => {
    const sick = app('catalog', { container: waiting('ErrImagePull') });
    const before = await settled(() => sick, { baseline: measured(sick) });
    expect(before).toMatchObject({ kind: 'unsettled', ms: 120_000 });
    const other = await settled(() => sick, { touched: [ref('Service', 'other')] });
    expect(other.kind).toBe('stable');
  });

  test('a rollout past its deadline ends it early', async () => {
    const conditions = [condition('Progressing', 'False', 'ProgressDeadlineExceeded')];
    const result = await settled(() => app('catalog', { conditions }));
    expect(result).toMatchObject({ kind: 'unsettled', samples: 2 });
  });

  test('a workload that reads a touched ConfigMap gets half the time to react', async () => {
    const reads = (parts: object) =>
      app('cart', { available: 1, ...parts }).map((it) =>
        it.kind === 'Deployment'
          ? {
              ...it,
              spec: {
                replicas: 2,
                template: { spec: { volumes: [{ configMap: { name: 'settings' } }] } },
              },
            }
          : it,
      );
    const touched = [ref('ConfigMap', 'settings')];
    const cured = await settled((s) => (s < 40 ? reads({}) : reads({ available: 2 })), { touched });
    expect(cured).toMatchObject({ kind: 'stable', measurement: { severity: 0 } });
    const ill = await settled(() => reads({}), { touched });
    expect(ill).toMatchObject({ kind: 'stable', ms: 60_000 });
  });

  test('a signal ends it with its reason', async () => {
    const reason = new Error('the client left');
    await expect(settled(rolling, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('what is at rest', () => {
  const reasons = (objects: readonly KubeObject[], ...touched: ObjectRef[]) =>
    unsettledReasons(snapshot(objects), touched).join('; ');

  const deployment = (parts: object) =>
    changed(app('catalog'), 'Deployment', 'catalog', parts as never);
  const status = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
  const spec = { replicas: 2 };

  test.each([
    [
      'whose controller lags',
      { metadata: { name: 'catalog', namespace: 'shop', generation: 2 } },
      'controller',
    ],
    [
      'that is paused before the change',
      { spec: { replicas: 2, paused: true }, status: { ...status, updatedReplicas: 0 } },
      'paused and holds the change back',
    ],
    ['with old pods', { spec, status: { ...status, replicas: 3 } }, 'replicas is 3'],
    [
      'with too few new pods',
      { spec, status: { ...status, updatedReplicas: 1 } },
      'updatedReplicas',
    ],
    ['with too few available', { spec, status: { ...status, availableReplicas: 1 } }, 'available'],
  ])('is no Deployment %s', (_, parts, words) => {
    expect(reasons(deployment(parts), CATALOG)).toContain(words);
  });

  test('is a Deployment that is paused in the middle of a rollout: nothing moves by itself', () => {
    const held = { ...status, replicas: 3, updatedReplicas: 1, availableReplicas: 2 };
    const paused = deployment({ spec: { replicas: 2, paused: true }, status: held });
    const ill = new Set(['Deployment/shop/catalog']);
    expect(unsettledReasons(snapshot(paused), [CATALOG], ill)).toEqual([]);
    const well = deployment({
      spec: { replicas: 2, paused: true },
      status: { ...held, availableReplicas: 3 },
    });
    expect(reasons(well, CATALOG)).toBe('');
  });

  test('is none whose new pods a pause hides from the end of the rollout', async () => {
    const held = { ...status, replicas: 3, updatedReplicas: 1, availableReplicas: 2 };
    const paused = deployment({ spec: { replicas: 2, paused: true }, status: held });
    expect(reasons(paused, CATALOG)).toContain('paused while 1 of 3 pods are not available');
    // A better workload beside it must not pay for the worse one.
    const result = await settled(() => paused, { baseline: measured(app('catalog')) });
    expect(result).toMatchObject({ kind: 'unsettled' });
  });

  test('is none that was scaled while it is paused before its pods are there', () => {
    const growing = { ...status, replicas: 3, updatedReplicas: 3, availableReplicas: 2 };
    const paused = deployment({ spec: { replicas: 4, paused: true }, status: growing });
    expect(reasons(paused, CATALOG)).toContain('paused while 2 of 4 pods');
  });

  test('a pod stands for its Deployment, also when it is gone', () => {
    const paused = deployment({
      spec: { replicas: 2, paused: true },
      status: { ...status, updatedReplicas: 0 },
    });
    expect(reasons(paused, ref('Pod', 'catalog-5d9f-0'))).toContain('Deployment shop/catalog');
    expect(reasons(paused, ref('Pod', 'catalog-5d9f-gone'))).toContain('Deployment shop/catalog');
    expect(reasons(paused, ref('Pod', 'cart-5d9f-gone'))).toBe('');
  });

  test.each<[string, string, JsonObject, JsonObject, string]>([
    ['OnDelete', 'StatefulSet', { type: 'OnDelete' }, { updatedReplicas: 0 }, 'no pod has the new'],
    ['OnDelete, one tried', 'StatefulSet', { type: 'OnDelete' }, { updatedReplicas: 1 }, ''],
    [
      'a partition above all',
      'StatefulSet',
      { type: 'RollingUpdate', rollingUpdate: { partition: 5 } },
      { updatedReplicas: 0 },
      'no pod has the new',
    ],
    [
      'a partition, one tried',
      'StatefulSet',
      { type: 'RollingUpdate', rollingUpdate: { partition: 1 } },
      { updatedReplicas: 1 },
      '',
    ],
    [
      'OnDelete',
      'DaemonSet',
      { type: 'OnDelete' },
      { desiredNumberScheduled: 2, numberAvailable: 2, updatedNumberScheduled: 0 },
      'no pod has the new',
    ],
    [
      'OnDelete, one tried',
      'DaemonSet',
      { type: 'OnDelete' },
      { desiredNumberScheduled: 2, numberAvailable: 2, updatedNumberScheduled: 1 },
      '',
    ],
  ])(
    'a new template that %s of a %s holds back was never tried',
    (_what, kind, updateStrategy, counts, expected) => {
      const set = object(kind, 'db', {
        spec: { replicas: 2, updateStrategy },
        status: {
          replicas: 2,
          readyReplicas: 2,
          currentRevision: 'a',
          updateRevision: 'b',
          ...counts,
        },
      });
      const touched = [ref(kind, 'db')];
      const asked = (retold: ReadonlySet<string>) =>
        unsettledReasons(snapshot([set]), touched, undefined, retold).join();
      if (expected === '') expect(asked(new Set([`${kind}/shop/db`]))).toBe('');
      else expect(asked(new Set([`${kind}/shop/db`]))).toContain(expected);
      // Held back since before the transaction: not its business.
      expect(asked(new Set())).toBe('');
    },
  );

  test('no StatefulSet with a pod stuck in the old revision, whatever the counts say', () => {
    const set = object('StatefulSet', 'db', {
      spec: { replicas: 1 },
      status: { replicas: 1, readyReplicas: 1, updateRevision: 'new', currentRevision: 'new' },
    });
    const pod = (revision: string) =>
      object('Pod', 'db-0', {
        metadata: {
          ...ownedBy('StatefulSet', 'db'),
          labels: { 'controller-revision-hash': revision },
        },
        status: { phase: 'Running', conditions: [condition('Ready', 'True')] },
      });
    expect(reasons([set, pod('old')], ref('StatefulSet', 'db'))).toContain('db-0 still runs');
    expect(reasons([set, pod('new')], ref('StatefulSet', 'db'))).toBe('');
  });

  test('no DaemonSet that is not everywhere', () => {
    const set = object('DaemonSet', 'agent', {
      status: { desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 },
    });
    expect(reasons([set], ref('DaemonSet', 'agent'))).toContain('updatedNumberScheduled');
  });

  test('no Service whose EndpointSlices lag behind its selector or port', () => {
    const touched = ref('Service', 'catalog');
    const asked = (parts: object) =>
      changed(app('catalog'), 'Service', 'catalog', { spec: parts } as never);
    const ports = [{ port: 80, targetPort: 8080 }];
    expect(reasons(app('catalog'), touched)).toBe('');
    expect(reasons(asked({ selector: { app: 'typo' }, ports }), touched)).toContain('up to date');
    const port = [{ port: 80, targetPort: 9999 }];
    expect(reasons(asked({ selector: { app: 'catalog' }, ports: port }), touched)).not.toBe('');
  });

  test('nothing that lies outside what was measured', () => {
    const elsewhere = { ...CATALOG, namespace: 'other' };
    expect(reasons(app('catalog'), elsewhere)).toContain('outside the measured namespaces');
  });
});
