import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterConnection, connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { systemClock } from '../../src/core/clock.ts';
import { judge } from '../../src/severity/gate.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import type { Measurement, SeverityMeter, SeveritySettings } from '../../src/severity/types.ts';
import { baseApp, baseAppReady } from '../cluster/base-app.ts';
import { type UserName, useCluster } from '../cluster/index.ts';

const cluster = useCluster();

/** Simulated kubelets live ten times as fast. */
const SETTINGS: SeveritySettings = {
  weights: {},
  outside: 'abort',
  settle: {
    timeoutSeconds: 30,
    samples: 3,
    stableSeconds: 2,
    minPodAgeSeconds: 1,
    graceSeconds: 2,
  },
};

const connections: ClusterConnection[] = [];

async function meterOf(user: UserName): Promise<SeverityMeter> {
  const connection = await connectCluster({ kubeconfig: cluster.kubeconfig(user), env: {} });
  connections.push(connection);
  return createSeverityMeter({
    reader: createReader(connection),
    settings: SETTINGS,
    clock: systemClock,
  });
}

let meter: SeverityMeter;

beforeAll(async () => {
  meter = await meterOf('reader');
});

afterAll(async () => {
  await Promise.all(connections.map((it) => it.close()));
});

const apps = (namespace: string, plural: string, name: string) =>
  `/apis/apps/v1/namespaces/${namespace}/${plural}/${name}`;
const core = (namespace: string, plural: string, name: string) =>
  `/api/v1/namespaces/${namespace}/${plural}/${name}`;

/** `web`, two replicas behind a Service, with settings from a ConfigMap; and `caller`, which calls it. */
async function application(): Promise<string> {
  const namespace = await cluster.namespace('severity');
  const deployment = (name: string, env: object[]) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: name } },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'web',
              image: 'local/web:1',
              ports: [{ containerPort: 8080 }],
              readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
              env,
            },
          ],
        },
      },
    },
  });
  const level = { configMapKeyRef: { name: 'settings', key: 'level' } };
  await cluster.apply([
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace },
      data: { level: 'info' },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    },
    deployment('web', [{ name: 'LEVEL', valueFrom: level }]),
    deployment('caller', [{ name: 'WEB_ADDR', value: 'web:80' }]),
  ]);
  await cluster.waitFor('a healthy application', async () => {
    const measurement = await measure(namespace);
    const { unknowns, coverage } = measurement;
    return coverage.length === 3 && unknowns.length === 0 && namespaced(measurement).length === 0;
  });
  return namespace;
}

const measure = (namespace: string) => meter.measure({ namespaces: [namespace] });

/** Other test files share the nodes and the webhooks. */
const namespaced = (it: Pick<Measurement, 'violations'>) =>
  it.violations.filter((violation) => violation.object.namespace !== undefined);

/** Violations in the namespace once they stay as expected. */
async function expectIds(namespace: string, expected: readonly string[]): Promise<void> {
  let seen: string[] = [];
  const wanted = [...expected].sort();
  const found = async () => {
    seen = namespaced(await measure(namespace))
      .map((it) => it.id.replaceAll(`/${namespace}/`, '/'))
      .sort();
    return JSON.stringify(seen) === JSON.stringify(wanted);
  };
  try {
    await cluster.waitFor('the expected violations', found, 20_000);
  } catch {
    expect(seen).toEqual(wanted);
  }
  await systemClock.sleep(1_000);
  await found();
  expect(seen).toEqual(wanted);
}

describe('one broken thing is exactly its violations', () => {
  test('an image that does not exist, while the old pods serve', async () => {
    const namespace = await application();
    await cluster.request('PATCH', apps(namespace, 'deployments', 'web'), {
      spec: { progressDeadlineSeconds: 3, template: { metadata: { annotations: { a: 'b' } } } },
    });
    const image = [
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'local/web:nope' },
    ];
    const contentType = 'application/json-patch+json';
    await cluster.request('PATCH', apps(namespace, 'deployments', 'web'), image, { contentType });
    await expectIds(namespace, [
      'container|Deployment/web|ImagePull',
      'rollout-stuck|Deployment/web|ProgressDeadlineExceeded',
    ]);
  });

  test('a selector that matches nothing', async () => {
    const namespace = await application();
    const spec = { selector: { app: 'typo' } };
    await cluster.request('PATCH', core(namespace, 'services', 'web'), { spec });
    await expectIds(namespace, ['service-endpoints|Service/web|NoReadyEndpoints']);
  });

  test('a target port that nobody listens on', async () => {
    const namespace = await application();
    const spec = { ports: [{ port: 80, targetPort: 9999 }] };
    await cluster.request('PATCH', core(namespace, 'services', 'web'), { spec });
    await expectIds(namespace, ['service-port|Service/web|port-80']);
  });

  test('a Service that is gone is missed by its callers', async () => {
    const namespace = await application();
    await cluster.request('DELETE', core(namespace, 'services', 'web'));
    await expectIds(namespace, ['caller-address|Deployment/caller|WEB_ADDR']);
  });

  test('no replicas', async () => {
    const namespace = await application();
    await cluster.request('PATCH', apps(namespace, 'deployments', 'web'), {
      spec: { replicas: 0 },
    });
    await expectIds(namespace, ['service-endpoints|Service/web|NoReadyEndpoints']);
  });

  test('a ConfigMap that is gone when a pod is replaced', async () => {
    const namespace = await application();
    await cluster.request('DELETE', core(namespace, 'configmaps', 'settings'));
    const { json } = await cluster.request(
      'GET',
      `/api/v1/namespaces/${namespace}/pods?labelSelector=app=web`,
    );
    const [pod] = json.items as unknown as { metadata: { name: string } }[];
    await cluster.request('DELETE', core(namespace, 'pods', pod?.metadata.name ?? ''));
    await expectIds(namespace, [
      'container|Deployment/web|CreateContainerConfigError',
      'shortfall|Deployment/web|Unavailable',
    ]);
  });

  test('a quota that is used up', async () => {
    const namespace = await application();
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small', namespace },
      spec: { hard: { pods: '4' } },
    });
    await cluster.waitFor('the quota to be counted', async () => {
      const { json } = await cluster.request('GET', core(namespace, 'resourcequotas', 'small'));
      return JSON.stringify(json.status).includes('"used":{"pods":"4"}');
    });
    await cluster.request('PATCH', apps(namespace, 'deployments', 'web'), {
      spec: { replicas: 3 },
    });
    await expectIds(namespace, [
      'quota|ResourceQuota/small|Refusing',
      'replica-failure|Deployment/web|FailedCreate',
      'shortfall|Deployment/web|Unavailable',
    ]);
  });

  test('a claim that nothing binds', async () => {
    const namespace = await application();
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'none-such',
        resources: { requests: { storage: '1Gi' } },
      },
    });
    await expectIds(namespace, ['pvc-pending|PersistentVolumeClaim/data|Pending']);
  });
});

test('the demo shop is healthy, and a caller with a wrong port is not', async () => {
  const namespace = await cluster.namespace('severity-shop');
  await cluster.apply(baseApp({ namespace }));
  await cluster.waitFor('the shop', () => baseAppReady(cluster, namespace), 60_000);
  await expectIds(namespace, []);
  await cluster.request(
    'PATCH',
    apps(namespace, 'deployments', 'checkout'),
    {
      spec: {
        template: {
          spec: {
            containers: [{ name: 'web', env: [{ name: 'CATALOG_ADDR', value: 'catalog:8082' }] }],
          },
        },
      },
    },
    { contentType: 'application/strategic-merge-patch+json' },
  );
  await expectIds(namespace, ['caller-address|Deployment/checkout|CATALOG_ADDR']);
});

describe('settling and the gate', () => {
  const touched = (namespace: string) => [
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' },
  ];

  async function settle(namespace: string, baseline: Measurement | undefined) {
    return meter.settle({
      scope: { namespaces: [namespace] },
      touched: baseline === undefined ? [] : touched(namespace),
      settings: SETTINGS.settle,
      baseline,
    });
  }

  const setImage = (namespace: string, image: string) =>
    cluster.request(
      'PATCH',
      apps(namespace, 'deployments', 'web'),
      { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } },
      { contentType: 'application/strategic-merge-patch+json' },
    );

  test('a good rollout settles and passes', async () => {
    const namespace = await application();
    const before = await settle(namespace, undefined);
    expect(before.kind).toBe('stable');
    await setImage(namespace, 'local/web:2');
    const after = await settle(namespace, before.measurement);
    expect(after.kind).toBe('stable');
    const verdict = judge({
      before: before.measurement,
      after: after.measurement,
      touched: touched(namespace),
      declared: [],
      // Other tests of this run may cordon nodes.
      outside: 'warn',
    });
    expect(verdict).toMatchObject({ pass: true, summary: expect.stringMatching(/^Passed/) });
  });

  test('rollouts of a StatefulSet and a DaemonSet settle pod by pod', async () => {
    const namespace = await cluster.namespace('severity');
    const set = (kind: string, image: string, more: object = {}) => ({
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: 'set', namespace },
      spec: {
        selector: { matchLabels: { kind } },
        template: {
          metadata: { labels: { kind } },
          spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image }] },
        },
        ...more,
      },
    });
    const more = { replicas: 2, serviceName: 'set' };
    const kinds = ['StatefulSet', 'DaemonSet'];
    const both = kinds.map((kind) => ({ apiVersion: 'apps/v1', kind, namespace, name: 'set' }));
    const settleBoth = (baseline: Measurement | undefined) =>
      meter.settle({
        scope: { namespaces: [namespace] },
        touched: both,
        settings: SETTINGS.settle,
        baseline,
      });
    const apply = (image: string) =>
      cluster.apply([set('StatefulSet', image, more), set('DaemonSet', image)]);

    await apply('local/web:1');
    const before = await settleBoth(undefined);
    expect(before).toMatchObject({ kind: 'stable', measurement: { unsettled: [] } });
    expect(before.measurement.coverage.map((it) => [it.kind, it.desired])).toEqual([
      ['StatefulSet', 2],
      ['DaemonSet', cluster.nodes.length],
    ]);
    await apply('local/web:2');
    expect((await settleBoth(before.measurement)).kind).toBe('stable');
    await apply('local/web:nope');
    const bad = await settleBoth(before.measurement);
    expect(bad.kind === 'unsettled' && bad.reason).toContain('ImagePull');
  });

  test('a bad rollout ends early, and scaling the patient away fails the gate', async () => {
    const namespace = await application();
    const before = await settle(namespace, undefined);
    await setImage(namespace, 'local/web:nope');
    const bad = await settle(namespace, before.measurement);
    expect(bad.kind === 'unsettled' && bad.reason).toContain('ImagePull');
    expect(bad.ms).toBeLessThan(SETTINGS.settle.timeoutSeconds * 1000);

    const broken = await settle(namespace, undefined);
    expect(broken.kind).toBe('stable');
    await cluster.request('PATCH', apps(namespace, 'deployments', 'web'), {
      spec: { replicas: 0 },
    });
    const after = await settle(namespace, broken.measurement);
    expect(after.kind).toBe('stable');
    const verdict = judge({
      before: broken.measurement,
      after: after.measurement,
      touched: touched(namespace),
      declared: [],
    });
    const refusals = verdict.findings.filter((it) => !it.ok).map((it) => it.rule);
    expect(verdict.pass).toBe(false);
    expect(refusals).toEqual(expect.arrayContaining(['G1', 'G2', 'G3']));
  });

  test('a crash loop without a probe is one steady violation, and its repair passes', async () => {
    const namespace = await application();
    const command = (text: string) =>
      cluster.request(
        'PATCH',
        apps(namespace, 'deployments', 'web'),
        {
          spec: {
            strategy: { type: 'Recreate', rollingUpdate: null },
            template: {
              spec: {
                containers: [{ name: 'web', readinessProbe: null, command: ['sh', '-c', text] }],
              },
            },
          },
        },
        { contentType: 'application/strategic-merge-patch+json' },
      );
    await command('sleep 5; exit 1');
    await expectIds(namespace, [
      'container|Deployment/web|CrashLoop',
      'outage|Deployment/web|Outage',
      'service-endpoints|Service/web|NoReadyEndpoints',
      'shortfall|Deployment/web|Unavailable',
    ]);
    const before = await settle(namespace, undefined);
    expect(before.kind).toBe('stable');

    await command('sleep infinity');
    const after = await settle(namespace, before.measurement);
    const { measurement } = after;
    const verdict = judge({
      before: before.measurement,
      after: measurement,
      touched: touched(namespace),
      declared: [],
      outside: 'warn',
    });
    expect(after.kind).toBe('stable');
    expect(verdict.pass).toBe(true);
    expect(namespaced({ violations: verdict.disappeared })).toHaveLength(4);
  });

  test('an identity that may read nothing closes the gate', async () => {
    const namespace = await application();
    const blind = await meterOf('nobody');
    const measurement = await blind.measure({ namespaces: [namespace] });
    const hidden = measurement.unknowns.map((it) => it.what);
    expect(hidden).toEqual(expect.arrayContaining([`pods in ${namespace}`, 'outside: nodes']));
    expect(namespaced(measurement)).toEqual([]);
    const verdict = judge({ before: measurement, after: measurement, touched: [], declared: [] });
    expect(verdict.pass).toBe(false);
    expect(verdict.summary).toContain('not observed: ');
  });

  test('an identity that may read one namespace only can pass, and is told what it did not see', async () => {
    const namespace = await application();
    await cluster.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'team', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'nobody' }],
    });
    const team = await meterOf('nobody');
    const measurement = await cluster.waitFor('the role to be bound', async () => {
      const it = await team.measure({ namespaces: [namespace] });
      return it.unknowns.every((unknown) => unknown.what.startsWith('outside: ')) && it;
    });
    const verdict = judge({ before: measurement, after: measurement, touched: [], declared: [] });
    expect(verdict.pass).toBe(true);
    expect(verdict.findings.map((it) => it.message).join()).toMatch(/Not observed.* nodes/);
    const everything = await team.measure({ namespaces: 'all' });
    expect(everything.unknowns.map((it) => it.what)).toEqual(
      expect.arrayContaining(['nodes', 'pods']),
    );
  });
});
