import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/core/kube.ts';
import { WEBHOOK_SLICES } from '../../src/severity/kinds.ts';
import { measureSnapshot } from '../../src/severity/measure.ts';
import {
  ago,
  app,
  changed,
  clusterObject,
  condition,
  ids,
  measured,
  object,
  ownedBy,
  SETTINGS,
  service,
  slice,
  snapshot,
  without,
} from './objects.ts';

describe('Services', () => {
  test('whose selector matches nothing have no endpoints', () => {
    const objects = [...without(app('catalog'), 'EndpointSlice', 'catalog-abc')];
    const polluted = changed(objects, 'Service', 'catalog', {
      spec: { selector: { app: 'typo' }, ports: [] },
    });
    const { violations } = measured(polluted);
    expect(violations).toMatchObject([
      { id: 'service-endpoints|Service/shop/catalog|NoReadyEndpoints', weight: 10, value: 1 },
    ]);
    expect(violations[0]?.message).toContain('app=typo');
  });

  test('without a selector, and external names, are left to their owners', () => {
    expect(ids([service('mirror', { selector: {} })])).toEqual([]);
    expect(ids([service('outside', { type: 'ExternalName' })])).toEqual([]);
  });

  test('that are headless and have no pods are as they should be', () => {
    expect(ids([service('db', { clusterIP: 'None' })])).toEqual([]);
  });

  test('a target port that no pod declares', () => {
    const spec = { selector: { app: 'catalog' }, ports: [{ port: 80, targetPort: 9999 }] };
    const { violations } = measured(changed(app('catalog'), 'Service', 'catalog', { spec }));
    expect(violations.map((it) => it.id)).toEqual(['service-port|Service/shop/catalog|port-80']);
    expect(violations[0]?.message).toContain('9999');
  });

  test('a named target port that no pod declares', () => {
    const spec = { selector: { app: 'catalog' }, ports: [{ port: 80, targetPort: 'http' }] };
    expect(ids(changed(app('catalog'), 'Service', 'catalog', { spec }))).toEqual([
      'service-port|Service/shop/catalog|port-80',
    ]);
  });

  test('pods that declare no port give no evidence', () => {
    const spec = { selector: { app: 'catalog' }, ports: [{ port: 80, targetPort: 9999 }] };
    const objects = changed(app('catalog'), 'Service', 'catalog', { spec }).map((it) =>
      it.kind === 'Pod' ? { ...it, spec: { containers: [{ name: 'web' }] } } : it,
    );
    expect(ids(objects)).toEqual([]);
  });
});

describe('a Service that sends to another application', () => {
  const two = (other: string) => [...app('frontend'), ...app(other)];
  const also = (objects: KubeObject[], other: string) =>
    objects.flatMap((it) =>
      it.kind === 'EndpointSlice' &&
      it.metadata.labels?.['kubernetes.io/service-name'] === 'frontend'
        ? [it, slice('frontend', podsOf(objects, other))]
        : [it],
    );
  const podsOf = (objects: KubeObject[], name: string) =>
    objects.filter((it) => it.kind === 'Pod' && it.metadata.labels?.app === name);

  test('beside its own counts by the share of endpoints', () => {
    const { violations } = measured(also(two('catalog'), 'catalog'));
    expect(violations).toMatchObject([
      { id: 'service-foreign|Service/shop/frontend|ForeignEndpoints', weight: 8, value: 0.5 },
    ]);
    expect(violations[0]?.message).toContain('2 of its 4 ready endpoints');
    expect(violations[0]?.message).toContain('Deployment/shop/catalog');
  });

  test.each([
    ['a variant of the same application', 'frontend-canary', () => true],
    [
      'that has no Service',
      'catalog',
      (it: KubeObject) => it.kind !== 'Service' || it.metadata.name !== 'catalog',
    ],
    [
      'under a name that no workload has',
      'catalog',
      (it: KubeObject) => it.kind !== 'Deployment' || it.metadata.name !== 'frontend',
    ],
  ])('%s is as somebody meant it', (_what, other, keeps) => {
    const objects = also(two(other), other).filter(keeps);
    expect(ids(objects).filter((it) => it.startsWith('service-foreign'))).toEqual([]);
  });
});

describe('routes', () => {
  const ingress = (port: object) =>
    object('Ingress', 'web', {
      spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'catalog', port } } }] } }] },
    } as never);

  test('an Ingress whose backend or port is missing', () => {
    expect(ids([...app('catalog'), ingress({ number: 80 })])).toEqual([]);
    expect(ids([...app('catalog'), ingress({ number: 81 })])).toEqual([
      'ingress-backend|Ingress/shop/web|catalog:81',
    ]);
    expect(ids([ingress({ number: 80 })])).toEqual(['ingress-backend|Ingress/shop/web|catalog:80']);
  });

  test.each([
    ['CATALOG_ADDR', 'catalog:80', false],
    ['CATALOG_ADDR', 'catalog:8082', true],
    ['CATALOG_URL', 'http://catalog.shop.svc.cluster.local:8082', true],
    ['CART_ADDR', 'cart:80', true],
    // No Service of that name, but the variable may mean something else.
    ['IMAGE', 'cart:80', false],
    ['REDIS_ADDR', 'redis.example.com:6379', false],
    ['SELF_ADDR', 'localhost:80', false],
    ['BIND_ADDR', '0.0.0.0:80', false],
  ])('a caller with %s=%s resolves to nothing: %s', (name, value, isWrong) => {
    const objects = [...app('catalog'), ...app('checkout', { env: [{ name, value }] })];
    const expected = isWrong ? [`caller-address|Deployment/shop/checkout|${name}`] : [];
    expect(ids(objects)).toEqual(expected);
  });

  test('nothing is said about Services that could not be listed', () => {
    const now = snapshot(
      [...app('cart', { env: [{ name: 'X_ADDR', value: 'x:1' }] }), ingress({})],
      {
        unknowns: [{ what: 'services in shop', reason: 'forbidden' }],
      },
    );
    expect(measureSnapshot(now, SETTINGS).violations).toEqual([]);
  });
});

describe('storage', () => {
  const claim = (phase: string, storageClassName: string, created = ago(60)) =>
    object('PersistentVolumeClaim', 'data', {
      metadata: { creationTimestamp: created },
      spec: { storageClassName },
      status: { phase },
    });
  const late = clusterObject('StorageClass', 'late', { volumeBindingMode: 'WaitForFirstConsumer' });
  const consumer = object('Pod', 'db', {
    spec: { volumes: [{ persistentVolumeClaim: { claimName: 'data' } }] },
    status: { phase: 'Pending' },
  });

  test('a pending claim counts after the grace', () => {
    expect(ids([claim('Pending', 'fast')])).toEqual([
      'pvc-pending|PersistentVolumeClaim/shop/data|Pending',
    ]);
    expect(ids([claim('Pending', 'fast', ago(10))])).toEqual([]);
  });

  test('one that waits for its first consumer counts once there is one', () => {
    expect(ids([late, claim('Pending', 'late')])).toEqual([]);
    expect(ids([late, claim('Pending', 'late'), consumer])).toHaveLength(1);
  });

  test('lost claims and failed volumes', () => {
    const volume = clusterObject('PersistentVolume', 'pv-1', { status: { phase: 'Failed' } });
    expect(ids([claim('Lost', 'fast'), volume])).toEqual([
      'volume-lost|PersistentVolume/pv-1|Failed',
      'volume-lost|PersistentVolumeClaim/shop/data|Lost',
    ]);
  });

  test('a claim held by a finalizer is stuck, and no longer covered', () => {
    const held = object('PersistentVolumeClaim', 'data', {
      metadata: { deletionTimestamp: ago(60) },
      status: { phase: 'Bound' },
    });
    const { violations, coverage } = measured([held]);
    expect(violations.map((it) => it.id)).toEqual([
      'stuck|PersistentVolumeClaim/shop/data|Terminating',
    ]);
    expect(coverage).toEqual([]);
  });
});

describe('Jobs, budgets and autoscalers', () => {
  const job = (name: string, seconds: number, type: string) =>
    object('Job', name, {
      metadata: { ...ownedBy('CronJob', 'nightly'), creationTimestamp: ago(seconds) },
      status: { conditions: [condition(type, 'True', 'BackoffLimitExceeded')] },
    });
  const nightly = object('CronJob', 'nightly');

  test('the last run of a CronJob speaks for it', () => {
    expect(ids([nightly, job('a', 200, 'Complete'), job('b', 100, 'Failed')])).toEqual([
      'job-failed|CronJob/shop/nightly|Failed',
    ]);
    expect(ids([nightly, job('a', 200, 'Failed'), job('b', 100, 'Complete')])).toEqual([]);
  });

  test('a disruption budget that is not met', () => {
    const status = { currentHealthy: 1, desiredHealthy: 2 };
    expect(measured([object('PodDisruptionBudget', 'web', { status })]).violations).toMatchObject([
      { id: 'disruption-budget|PodDisruptionBudget/shop/web|TooFewHealthy', value: 0.5 },
    ]);
  });

  test('an autoscaler without metrics counts, one switched off does not', () => {
    const scaler = (reason: string) =>
      object('HorizontalPodAutoscaler', 'web', {
        status: { conditions: [condition('ScalingActive', 'False', reason)] },
      });
    expect(ids([scaler('FailedGetResourceMetric')])).toEqual([
      'autoscaler|HorizontalPodAutoscaler/shop/web|NotScalingActive',
    ]);
    expect(ids([scaler('ScalingDisabled')])).toEqual([]);
  });
});

describe('the cluster', () => {
  test('nodes that are not ready, short of something or cordoned', () => {
    const node = (conditions: object[], spec = {}) =>
      clusterObject('Node', 'n1', { spec, status: { conditions } } as never);
    const ready = condition('Ready', 'True');
    expect(ids([node([ready])])).toEqual([]);
    expect(ids([node([])])).toEqual(['node|Node/n1|NotReady']);
    expect(
      ids([node([ready, condition('DiskPressure', 'True')], { unschedulable: true })]),
    ).toEqual(['node-cordoned|Node/n1|Unschedulable', 'node|Node/n1|DiskPressure']);
  });

  const webhook = (namespace: string, failurePolicy?: string) =>
    clusterObject('ValidatingWebhookConfiguration', 'guard', {
      webhooks: [
        {
          failurePolicy: failurePolicy ?? 'Fail',
          clientConfig: { service: { namespace, name: 'catalog' } },
        },
      ],
    });

  test('a fail-closed webhook without a ready endpoint', () => {
    expect(ids([webhook('shop'), ...app('catalog')])).toEqual([]);
    expect(ids([webhook('shop')])).toEqual([
      'webhook|ValidatingWebhookConfiguration/guard|shop/catalog',
    ]);
    expect(ids([webhook('shop', 'Ignore')])).toEqual([]);
  });

  test('a webhook whose Service lies elsewhere is looked up there, or said to be hidden', () => {
    const now = snapshot([webhook('guards')]);
    const id = 'webhook|ValidatingWebhookConfiguration/guard|guards/catalog';
    const of = (it: typeof now) => measureSnapshot(it, SETTINGS).violations.map((one) => one.id);
    expect(of(now)).toEqual([id]);
    const elsewhere = {
      endpoints: [{}],
      metadata: { namespace: 'guards', labels: { 'kubernetes.io/service-name': 'catalog' } },
    };
    const slices = [object('EndpointSlice', 'catalog-1', elsewhere)];
    expect(of({ ...now, objects: { ...now.objects, [WEBHOOK_SLICES]: slices } })).toEqual([]);
    const unknowns = [{ what: 'outside: endpointslices in guards', reason: 'forbidden' }];
    expect(of({ ...now, unknowns })).toEqual([]);
  });

  test('an aggregated API that does not answer', () => {
    const status = { conditions: [condition('Available', 'False', 'MissingEndpoints')] };
    expect(ids([clusterObject('APIService', 'v1beta1.metrics.k8s.io', { status })])).toEqual([
      'api-service|APIService/v1beta1.metrics.k8s.io|Unavailable',
    ]);
  });

  test('a namespace in scope that does not go away', () => {
    const leaving = (name: string) =>
      clusterObject('Namespace', name, { metadata: { deletionTimestamp: ago(60) } });
    expect(ids([leaving('shop'), leaving('other')])).toEqual(['stuck|Namespace/shop|Terminating']);
    expect(ids([leaving('other')], { namespaces: 'all' })).toHaveLength(1);
  });
});

test('weights can be changed by predicate', () => {
  const settings = { ...SETTINGS, weights: { node: 1 } };
  const now = snapshot([clusterObject('Node', 'n1')]);
  expect(measureSnapshot(now, settings).severity).toBe(1);
});
