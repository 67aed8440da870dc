import { beforeAll, describe, expect, it } from 'vitest';
import { observeRelated } from '../../../src/tools/observe/related.ts';
import { itemsOf } from '../../cluster/client.ts';
import { at, useCluster } from '../../cluster/index.ts';
import { openWorkbench } from './workbench.ts';

const CANARY = 'c4n4ry-Pa55word';

const cluster = useCluster();
let namespace = '';
let webPod = '';

const metadata = (name: string, labels = {}) => ({ name, namespace, labels });
const container = (fields: object = {}) => ({
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'main',
      image: 'local/web:1',
      ports: [{ name: 'http', containerPort: 8080 }],
      ...fields,
    },
  ],
});

function deployment(name: string, replicas: number, spec: object): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name),
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name, tier: 'front' } }, spec },
    },
  };
}

function service(name: string, selector: object, targetPort: number | string = 'http'): object {
  const ports = [{ name: 'web', port: 80, targetPort }];
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(name), spec: { selector, ports } };
}

const path = (name: string, number: number) => ({
  path: `/${name}`,
  pathType: 'Prefix',
  backend: { service: { name, port: { number } } },
});

beforeAll(async () => {
  namespace = await cluster.namespace('related');
  const env = [
    { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
    { name: 'GONE', valueFrom: { secretKeyRef: { name: 'db', key: 'nope' } } },
  ];
  const volumes = [
    { name: 'conf', configMap: { name: 'settings' } },
    { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
  ];
  await cluster.apply([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('db'),
      stringData: { password: CANARY },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('settings'), data: { a: CANARY } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('unused'), data: {} },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('runner') },
    deployment('web', 12, container()),
    deployment('users', 0, {
      ...container({
        env,
        envFrom: [{ prefix: 'X_', configMapRef: { name: 'absent' } }],
        volumeMounts: [{ name: 'conf', mountPath: '/etc/app' }],
      }),
      volumes,
      serviceAccountName: 'runner',
      imagePullSecrets: [{ name: 'db' }],
    }),
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: metadata('nightly'),
      spec: {
        schedule: '0 3 * * *',
        suspend: true,
        jobTemplate: {
          spec: {
            template: {
              spec: {
                ...container({ envFrom: [{ secretRef: { name: 'db' } }] }),
                restartPolicy: 'Never',
              },
            },
          },
        },
      },
    },
    service('web', { app: 'web' }),
    service('nobody', { app: 'web', tier: 'back' }),
    service('wrong-port', { app: 'web' }, 'grpc'),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: metadata('shop'),
      spec: {
        ingressClassName: 'absent-class',
        tls: [{ secretName: 'absent-tls' }],
        rules: [
          {
            host: 'shop.test',
            http: { paths: [path('web', 80), path('web', 81), path('gone', 80)] },
          },
        ],
      },
    },
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: metadata('web'),
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: metadata('web'),
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 12,
        maxReplicas: 12,
      },
    },
  ]);
  webPod = await cluster.waitFor('twelve ready endpoints', async () => {
    const base = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const slices = await cluster.request(
      'GET',
      `${base}?labelSelector=kubernetes.io/service-name=web`,
    );
    const endpoints = itemsOf(slices).flatMap((slice) => at(slice, 'endpoints') as object[]);
    const ready = endpoints.filter((it) => at(it as never, 'conditions', 'ready') === true);
    return ready.length === 12 && String(at(ready[0] as never, 'targetRef', 'name'));
  });
}, 120_000);

const open = (options = {}) => openWorkbench(cluster, { namespace, ...options });

describe('observe_related', () => {
  it('shows the family of a pod from its root down, the pod among it', async () => {
    const bench = await open();
    const answer = await bench.call(observeRelated, { kind: 'pod', name: webPod, limit: 3 });
    const tree = answer.tree ?? [];
    expect(tree[0]).toMatch(new RegExp(`^Deployment ${namespace}/web: 12/12 ready`));
    expect(tree[1]).toMatch(/^ {2}ReplicaSet .*12\/12 ready/);
    expect(tree.filter((line) => /^ {4}Pod /.test(line))).toHaveLength(3);
    expect(tree.find((line) => line.includes('← this one'))).toContain(webPod);
    expect(tree.at(-1)).toBe('    and 9 more, none in trouble');
    expect(answer.truncated).toBe(true);
    expect(answer.next).toContain('"limit":200');
    const whole = await bench.call(observeRelated, { kind: 'pod', name: webPod, limit: 200 });
    expect(whole.tree?.filter((line) => /^ {4}Pod /.test(line))).toHaveLength(12);
    expect(whole.truncated).toBeUndefined();
  });

  it('follows a workload to its Services, autoscaler and budget, in few words', async () => {
    const bench = await open();
    const answer = await bench.call(observeRelated, { kind: 'deploy', name: 'web' });
    const web = answer.services?.find((it) => it.service === `Service ${namespace}/web`);
    expect(web).toMatchObject({ ports: ['web 80→http'], selected_pods: 12, endpoints: '12 ready' });
    expect(web?.ingresses).toEqual([`Ingress ${namespace}/shop: shop.test/web, shop.test/web`]);
    const relations = answer.related?.map((it) => it.relation);
    expect(relations).toEqual(['scaled by', 'protected by']);
    expect(JSON.stringify(answer).length).toBeLessThan(6_000);
  });

  it('says why a Service has no endpoints', async () => {
    const bench = await open();
    const nobody = await bench.call(observeRelated, { kind: 'svc', name: 'nobody' });
    expect(nobody.summary).toContain('matches no pod');
    expect(nobody.summary).toContain('12 pods match but for tier: they have tier=front');
    const port = await bench.call(observeRelated, { kind: 'svc', name: 'wrong-port' });
    expect(port.summary).toContain('12 of 12 pods have no TCP port of that name');
    expect(port.summary).toContain('their ports are named http');
  });

  it('follows an Ingress to what answers, or does not', async () => {
    const bench = await open();
    const answer = await bench.call(observeRelated, { kind: 'ing', name: 'shop' });
    expect(answer.routes).toEqual([
      { route: 'shop.test/web → Service web:80', state: 'endpoints: 12 ready' },
      {
        route: 'shop.test/web → Service web:81',
        state: 'Service has no port 81, it has web 80→http',
      },
      { route: 'shop.test/gone → Service gone:80', state: 'Service is MISSING' },
    ]);
    const problems = answer.problems?.join(' ');
    expect(problems).toContain(`Secret ${namespace}/absent-tls (TLS) is MISSING`);
    expect(problems).toContain('IngressClass absent-class is MISSING');
  });

  it('finds who uses a Secret, a ConfigMap, a claim and a ServiceAccount, and how', async () => {
    const bench = await open();
    const secret = await bench.call(observeRelated, { kind: 'secret', name: 'db' });
    expect(secret.used_by).toEqual([
      {
        user: `Deployment ${namespace}/users`,
        how: ['main: env DB_PASSWORD from password', 'main: env GONE from nope', 'imagePullSecret'],
        state: 'needs missing key nope',
      },
      {
        user: `CronJob ${namespace}/nightly`,
        how: ['main: envFrom'],
        state: '0 3 * * *, suspended',
      },
    ]);
    const map = await bench.call(observeRelated, { kind: 'cm', name: 'settings' });
    expect(map.used_by?.[0]?.how).toEqual(['volume conf at /etc/app in main']);
    const account = await bench.call(observeRelated, { kind: 'sa', name: 'runner' });
    expect(account.used_by?.[0]).toMatchObject({ how: ['serviceAccountName'] });
    const unused = await bench.call(observeRelated, { kind: 'cm', name: 'unused' });
    expect(unused.summary).toContain('Nothing here uses it.');
    expect(JSON.stringify([secret, map])).not.toContain(CANARY);
  });

  it('says which of the things that a workload needs are not there', async () => {
    const bench = await open();
    const answer = await bench.call(observeRelated, { kind: 'deploy', name: 'users' });
    const needs = Object.fromEntries((answer.needs ?? []).map((it) => [it.object, it.state]));
    expect(needs).toMatchObject({
      [`Secret ${namespace}/db`]: 'LACKS key nope',
      [`ConfigMap ${namespace}/absent`]: 'MISSING',
      [`PersistentVolumeClaim ${namespace}/data`]: 'MISSING',
    });
    expect(answer.summary).toContain(`ConfigMap ${namespace}/absent is MISSING`);
  });

  it('says what is hidden from it and never calls that missing', async () => {
    const bench = await open({ user: 'reader' });
    const answer = await bench.call(observeRelated, { kind: 'deploy', name: 'users' });
    const secret = answer.needs?.find((it) => String(it.object).startsWith('Secret'));
    expect(secret?.state).toBe('not visible');
    expect(answer.summary).toContain('Not everything could be seen');
    const blind = await open({
      policy: (policy: object) => ({
        ...policy,
        decideRead: ({ kind }: { kind?: string }) =>
          kind === 'Pod' || kind === 'EndpointSlice'
            ? { effect: 'refuse', rule: 'no-pods', reason: 'Not for you.' }
            : { effect: 'allow', rule: 'rest', reason: '' },
      }),
    });
    const service = await blind.call(observeRelated, { kind: 'svc', name: 'nobody' });
    expect(service.services?.[0]).toMatchObject({ endpoints: 'not visible' });
    expect(service.problems).toBeUndefined();
    expect(service.notes?.join()).toContain('Pods were not looked at');
    const map = await blind.call(observeRelated, { kind: 'cm', name: 'unused' });
    expect(map.summary).not.toContain('Nothing here uses it.');
  });
});
