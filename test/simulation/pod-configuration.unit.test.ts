import { describe, expect, test } from 'vitest';
import { podOf, Timeline, web } from './timeline.ts';

const keyRef = { name: 'catalog-config', key: 'MODE' };
const secretRef = { name: 'db-cred', key: 'password' };

describe('a missing source of the environment', () => {
  test.each([
    ['a ConfigMap', { configMapKeyRef: keyRef }, 'configmap "catalog-config" not found'],
    ['a Secret', { secretKeyRef: secretRef }, 'secret "db-cred" not found'],
  ])('%s holds the container in CreateContainerConfigError', (_what, valueFrom, message) => {
    const env = [{ name: 'X', valueFrom }];
    const time = new Timeline(podOf({ containers: [{ ...web, env }] })).advance(1);
    expect(time.container().state.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message,
    });
    expect(time.messages('Failed')).toContain(`Error: ${message}`);
    expect(time.container().restartCount).toBe(0);
    time.objects.configMaps = { 'catalog-config': { MODE: 'a' } };
    time.objects.secrets = { 'db-cred': { password: 'b' } };
    expect(time.advance(15).container().ready).toBe(true);
  });

  test('a missing key is named with its object', () => {
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: keyRef } }];
    const objects = { configMaps: { 'catalog-config': { OTHER: '' } } };
    const time = new Timeline(podOf({ containers: [{ ...web, env }] }), objects).advance(1);
    expect(time.container().state.waiting?.message).toBe(
      "couldn't find key MODE in ConfigMap shop/catalog-config",
    );
  });

  test('optional ones are left out', () => {
    const containers = [
      {
        ...web,
        env: [{ name: 'X', valueFrom: { secretKeyRef: { ...secretRef, optional: true } } }],
        envFrom: [{ configMapRef: { name: 'catalog-config', optional: true } }],
      },
    ];
    expect(new Timeline(podOf({ containers })).advance(1).container().ready).toBe(true);
  });

  test('envFrom needs its whole object', () => {
    const containers = [{ ...web, envFrom: [{ configMapRef: { name: 'catalog-config' } }] }];
    const time = new Timeline(podOf({ containers })).advance(1);
    expect(time.container().state.waiting?.message).toBe('configmap "catalog-config" not found');
  });
});

describe('volumes', () => {
  test.each([
    [{ configMap: { name: 'files' } }, 'configmap "files" not found'],
    [{ secret: { secretName: 'files' } }, 'secret "files" not found'],
    [{ projected: { sources: [{ configMap: { name: 'files' } }] } }, 'configmap "files" not found'],
    [{ persistentVolumeClaim: { claimName: 'data' } }, 'persistentvolumeclaim "data" not found'],
    [
      { configMap: { name: 'present', items: [{ key: 'b' }] } },
      'configmap references non-existent config key: b',
    ],
  ])('%j keeps the pod in ContainerCreating with FailedMount', (source, problem) => {
    const volumes = [{ name: 'v', ...source }];
    const objects = { configMaps: { present: { a: '1' } } };
    const time = new Timeline(podOf({ volumes }), objects).advance(4);
    expect(time.container().state.waiting).toEqual({ reason: 'ContainerCreating' });
    expect(time.status.podIP).toBeUndefined();
    const messages = time.messages('FailedMount');
    expect(messages[0]).toBe(`MountVolume.SetUp failed for volume "v" : ${problem}`);
    expect(messages.length).toBeGreaterThan(1);
  });

  test('mount once their source is there; an optional source is not waited for', () => {
    const volumes = [
      { name: 'a', configMap: { name: 'files' } },
      { name: 'b', secret: { secretName: 'nowhere', optional: true } },
    ];
    const time = new Timeline(podOf({ volumes })).advance(3);
    expect(time.status.phase).toBe('Pending');
    time.objects.configMaps = { files: {} };
    expect(time.advance(10).container().ready).toBe(true);
  });
});

describe('init containers', () => {
  const hang = { name: 'hang-init', image: 'local/web:1' };

  test('`sleep infinity` never ends: Init:0/1', () => {
    const initContainers = [{ ...hang, command: ['sleep', 'infinity'] }];
    const time = new Timeline(podOf({ initContainers })).advance(100_000);
    expect(time.status.phase).toBe('Pending');
    expect(time.container().state.waiting?.reason).toBe('PodInitializing');
    expect(time.container('hang-init').state.running).toBeDefined();
    expect(time.condition('Initialized')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [hang-init]',
    });
  });

  test('a lookup loop ends when the Service exists', () => {
    const script =
      'until nslookup legacy.shop.svc.cluster.local; do echo still waiting; sleep 5; done';
    const initContainers = [{ ...hang, command: ['sh', '-c', script] }];
    const time = new Timeline(podOf({ initContainers })).advance(22);
    expect(time.container('hang-init').state.running).toBeDefined();
    expect(time.log('hang-init').filter((line) => line === 'still waiting')).toHaveLength(5);
    time.objects.services = { legacy: [80] };
    time.advance(6);
    expect(time.container('hang-init').state.terminated?.reason).toBe('Completed');
    expect(time.container().ready).toBe(true);
    expect(time.condition('Initialized')?.status).toBe('True');
  });

  test('run in order, and a failing one holds the pod back', () => {
    const initContainers = [
      { ...hang, name: 'first', command: ['true'] },
      { ...hang, name: 'second', command: ['false'] },
    ];
    const time = new Timeline(podOf({ initContainers })).advance(5);
    expect(time.container('first').ready).toBe(true);
    expect(time.container('second').state.waiting?.reason).toBe('CrashLoopBackOff');
    expect(time.status.phase).toBe('Pending');
    const never = new Timeline(podOf({ initContainers, restartPolicy: 'Never' })).advance(5);
    expect(never.status.phase).toBe('Failed');
  });

  test('one that needs a permission waits for its Role', () => {
    const script = 'until kubectl get configmaps; do sleep 5; done';
    const initContainers = [{ ...hang, command: ['sh', '-c', script] }];
    const time = new Timeline(podOf({ initContainers })).advance(8);
    expect(time.status.phase).toBe('Pending');
    expect(time.log('hang-init').at(-1)).toBe(
      'Error from server (Forbidden): configmaps is forbidden: User ' +
        '"system:serviceaccount:shop:default" cannot list resource "configmaps" in API group "" ' +
        'in the namespace "shop"',
    );
    time.objects.allowed = ['list configmaps'];
    expect(time.advance(6).container().ready).toBe(true);
  });

  test('a sidecar keeps running beside the containers', () => {
    const initContainers = [{ ...hang, restartPolicy: 'Always', command: ['sleep', 'infinity'] }];
    const time = new Timeline(podOf({ initContainers })).advance(5);
    expect(time.container('hang-init').state.running).toBeDefined();
    expect(time.status.phase).toBe('Running');
    expect(time.condition('Ready')?.status).toBe('True');
  });
});

describe('dependencies', () => {
  const readinessProbe = { httpGet: { path: '/ready', port: 8080 } };
  const client = (address: string, password = 'right') => ({
    ...web,
    readinessProbe,
    env: [
      { name: 'DB_ADDR', value: address },
      { name: 'DB_PASSWORD', value: password },
    ],
  });
  const objects = { services: { db: [80] }, peers: { db: { DB_PASSWORD: 'right' } } };

  test('a wrong port is only seen in the log', () => {
    const time = new Timeline(podOf({ containers: [client('db:8082')] }), objects).advance(1);
    expect(time.container().ready).toBe(true);
    expect(time.log().at(-1)).toBe('GET http://db:8082/ (DB_ADDR): connection refused');
  });

  test('a port that exists is refused while nobody listens behind it', () => {
    const time = new Timeline(podOf({ containers: [client('db:80')] }), { ...objects }).advance(1);
    expect(time.log()).toHaveLength(1);
    time.objects.refusing = { db: [80] };
    time.touch().advance(1);
    expect(time.log().at(-1)).toBe('GET http://db:80/ (DB_ADDR): connection refused');
    expect(time.container().ready).toBe(true);
    time.objects.refusing = {};
    expect(time.touch().advance(100).log()).toHaveLength(2);
  });

  test('a Service that disappears is complained about until it is back', () => {
    const time = new Timeline(podOf({ containers: [client('db:80')] }), { ...objects }).advance(1);
    expect(time.log()).toHaveLength(1);
    expect(time.last.watchesWorld).toBe(true);
    time.objects.services = {};
    time.touch().advance(25);
    const complaint = "GET http://db:80/ (DB_ADDR): bad address 'db:80'";
    expect(time.log().slice(1)).toEqual([complaint, complaint, complaint]);
    time.objects.services = { db: [80] };
    time.touch().advance(100);
    expect(time.log()).toHaveLength(4);
    expect(time.last.wakeAt).toBe(Infinity);
  });

  test('a credential that differs from the peer makes the pod unready', () => {
    const time = new Timeline(podOf({ containers: [client('db:80', 'old')] }), objects).advance(1);
    expect(time.container()).toMatchObject({ ready: false, restartCount: 0 });
    expect(time.messages('Unhealthy')).toContain(
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    );
    expect(time.log().at(-1)).toContain('authentication failed');
    expect(time.log().join()).not.toMatch(/right|old/);
  });
});
