import { describe, expect, test } from 'vitest';
import { measureSnapshot } from '../../src/severity/measure.ts';
import {
  ago,
  app,
  appPod,
  condition,
  ids,
  measured,
  NOW,
  object,
  ownedBy,
  SETTINGS,
  snapshot,
  waiting,
} from './objects.ts';

test('a healthy application has no violation and severity 0', () => {
  const { severity, violations, coverage } = measured(app('catalog'));
  expect(violations).toEqual([]);
  expect(severity).toBe(0);
  expect(coverage.map((it) => [it.id, it.desired])).toEqual([
    ['Deployment/shop/catalog', 2],
    ['Service/shop/catalog', 1],
  ]);
});

describe('replicas', () => {
  test('a missing replica counts by its share', () => {
    const { violations, severity } = measured(app('catalog', { replicas: 4, available: 3 }));
    expect(violations).toMatchObject([
      { id: 'shortfall|Deployment/shop/catalog|Unavailable', weight: 10, value: 0.25 },
    ]);
    expect(severity).toBe(2.5);
  });

  test('no replica left is an outage on top', () => {
    expect(ids(app('catalog', { available: 0 }))).toEqual([
      'outage|Deployment/shop/catalog|Outage',
      'shortfall|Deployment/shop/catalog|Unavailable',
    ]);
  });

  test('zero wanted and zero there is no shortfall', () => {
    const deployment = object('Deployment', 'batch', { spec: { replicas: 0 }, status: {} });
    expect(ids([deployment])).toEqual([]);
  });

  test('a StatefulSet and a ReplicaSet of nobody count too', () => {
    const set = object('StatefulSet', 'db', {
      spec: { replicas: 2 },
      status: { readyReplicas: 1 },
    });
    const rs = object('ReplicaSet', 'solo', { spec: {}, status: {} });
    expect(ids([set, rs])).toEqual([
      'outage|ReplicaSet/shop/solo|Outage',
      'shortfall|ReplicaSet/shop/solo|Unavailable',
      'shortfall|StatefulSet/shop/db|Unavailable',
    ]);
  });

  test('a DaemonSet misses nodes, or is where it should not be', () => {
    const status = { desiredNumberScheduled: 4, numberAvailable: 3, numberMisscheduled: 1 };
    const { violations } = measured([object('DaemonSet', 'agent', { status })]);
    expect(violations).toMatchObject([
      { id: 'daemonset|DaemonSet/shop/agent|Misscheduled', value: 0.25 },
      { id: 'daemonset|DaemonSet/shop/agent|Unavailable', value: 0.25 },
    ]);
  });

  test('a rollout past its deadline', () => {
    const conditions = [condition('Progressing', 'False', 'ProgressDeadlineExceeded', 'timed out')];
    expect(ids(app('catalog', { conditions }))).toEqual([
      'rollout-stuck|Deployment/shop/catalog|ProgressDeadlineExceeded',
    ]);
  });
});

describe('pods that cannot be created', () => {
  const message = 'pods "x" is forbidden: exceeded quota: small, requested: pods=1';
  const event = (kind: string, name: string) =>
    object('Event', 'e1', { reason: 'FailedCreate', message, involvedObject: { kind, name } });
  const short = object('ReplicaSet', 'catalog-5d9f', {
    metadata: ownedBy('Deployment', 'catalog'),
    spec: { replicas: 2 },
    status: { replicas: 1 },
  });

  test('are named by the Deployment, and by the quota that refuses them', () => {
    const quotas = [object('ResourceQuota', 'small'), object('ResourceQuota', 'smaller')];
    expect(ids([short, event('ReplicaSet', 'catalog-5d9f'), ...quotas])).toEqual([
      'quota|ResourceQuota/shop/small|Refusing',
      'replica-failure|Deployment/shop/catalog|FailedCreate',
    ]);
  });

  test('an event that outlived its cause does not count', () => {
    const full = { ...short, status: { replicas: 2 } };
    expect(ids([full, event('ReplicaSet', 'catalog-5d9f')])).toEqual([]);
  });

  test('the condition and the event are one violation', () => {
    const conditions = [condition('ReplicaFailure', 'True', 'FailedCreate', message)];
    const objects = [...app('catalog', { conditions }), event('ReplicaSet', 'catalog-5d9f')];
    expect(ids(objects)).toEqual(['replica-failure|Deployment/shop/catalog|FailedCreate']);
  });

  test('Jobs, StatefulSets and DaemonSets have such events too', () => {
    const job = object('Job', 'import', { spec: {}, status: {} });
    const set = object('DaemonSet', 'agent', {
      status: { desiredNumberScheduled: 2, currentNumberScheduled: 1, numberAvailable: 2 },
    });
    expect(ids([job, set, event('Job', 'import')])).toEqual([
      'replica-failure|Job/shop/import|FailedCreate',
    ]);
    expect(ids([job, set, event('DaemonSet', 'agent')])).toEqual([
      'replica-failure|DaemonSet/shop/agent|FailedCreate',
    ]);
  });
});

describe('containers', () => {
  const container = (name: string) => `container|Deployment/shop/catalog|${name}`;
  const broken = (status: object) =>
    ids(app('catalog', { container: status as never, broken: 1, available: 2 }));

  test.each([
    ['ErrImagePull', 'ImagePull'],
    ['ImagePullBackOff', 'ImagePull'],
    ['CrashLoopBackOff', 'CrashLoop'],
    ['RunContainerError', 'CrashLoop'],
    ['CreateContainerConfigError', 'CreateContainerConfigError'],
    ['InvalidImageName', 'InvalidImageName'],
  ])('waiting for %s is %s, named by the owner', (reason, sickness) => {
    expect(broken(waiting(reason))).toEqual([container(sickness)]);
  });

  test('waiting to be created is not a sickness', () => {
    const pod = {
      phase: 'Pending',
      conditions: [],
      containerStatuses: [waiting('ContainerCreating')],
    };
    expect(ids(app('catalog', { pod, broken: 1, available: 2 }))).toEqual([]);
  });

  test('the share of the pods is the value, a few are named', () => {
    const all = app('catalog', { container: waiting('CrashLoopBackOff'), broken: 1, replicas: 4 });
    const found = measured(all).violations.find((it) => it.predicate === 'container');
    expect(found).toMatchObject({ value: 0.25, weight: 8, pods: ['catalog-5d9f-0'] });
  });

  const ended = (exitCode: number) => ({ terminated: { exitCode, reason: 'Error' } });

  test('the moments of a crash loop are one violation: down, waiting, up again', () => {
    const up = { state: { running: { startedAt: ago(20) } }, lastState: ended(1), restartCount: 4 };
    const down = { state: ended(1), restartCount: 4 };
    expect(broken(up)).toEqual([container('CrashLoop')]);
    expect(broken(down)).toEqual([container('CrashLoop')]);
    expect(broken(waiting('CrashLoopBackOff'))).toEqual([container('CrashLoop')]);
  });

  test('a pod that crashes again and again serves nobody, however ready it looks', () => {
    const up = { state: { running: { startedAt: ago(5) } }, lastState: ended(1), restartCount: 4 };
    const status = { containerStatuses: [up], conditions: [condition('Ready', 'True')] };
    expect(ids(app('catalog', { replicas: 1, pod: status }))).toEqual([
      'container|Deployment/shop/catalog|CrashLoop',
      'outage|Deployment/shop/catalog|Outage',
      'service-endpoints|Service/shop/catalog|NoReadyEndpoints',
      'shortfall|Deployment/shop/catalog|Unavailable',
    ]);
  });

  test('a restart of long ago is forgiven, unless it came after the baseline', () => {
    const old = {
      state: { running: { startedAt: ago(900) } },
      lastState: ended(137),
      restartCount: 2,
    };
    const objects = app('catalog', {
      pod: {
        containerStatuses: [{ name: 'web', ...old }],
        conditions: [condition('Ready', 'True')],
      },
    });
    const now = snapshot(objects);
    const before = measureSnapshot(now, SETTINGS);
    expect(before.violations).toEqual([]);
    expect(before.restarts['shop/catalog-5d9f-0/web']).toBe(2);
    expect(measureSnapshot(now, SETTINGS, before).violations).toEqual([]);
    const calmer = {
      ...before,
      restarts: { 'shop/catalog-5d9f-0/web': 1, 'shop/catalog-5d9f-1/web': 2 },
    };
    expect(measureSnapshot(now, SETTINGS, calmer).violations).toMatchObject([
      { id: container('CrashLoop'), value: 0.5 },
    ]);
  });

  test('an init container that failed before it succeeded is fine', () => {
    const init = { name: 'init', state: ended(0), lastState: ended(1), restartCount: 3 };
    const pod = { initContainerStatuses: [init], conditions: [condition('Ready', 'True')] };
    expect(ids(app('catalog', { pod }))).toEqual([]);
  });

  test('the name of a bare pod is all there is', () => {
    const pod = object('Pod', 'debug', {
      status: { phase: 'Pending', containerStatuses: [waiting('ErrImagePull')] },
    });
    expect(ids([pod])).toEqual(['container|Pod/shop/debug|ImagePull']);
  });

  test('a pod whose ReplicaSet is gone, or not listed, still names its Deployment', () => {
    const pod = appPod('catalog', 0, { container: waiting('ErrImagePull') });
    const { namespace, labels } = pod.metadata;
    expect([namespace, labels?.['pod-template-hash']]).toEqual(['shop', '5d9f']);
    expect(ids([pod])).toEqual([container('ImagePull')]);
  });

  test('text of the cluster is cut and holds no control characters', () => {
    const state = {
      waiting: { reason: 'ErrImagePull', message: `\u001b[31m\n${'x'.repeat(5000)}` },
    };
    const [violation] = measured([
      object('Pod', 'debug', { status: { containerStatuses: [{ name: 'a', state }] } }),
    ]).violations;
    expect(violation?.message.length).toBeLessThanOrEqual(300);
    expect(violation?.message).toMatch(/^[^\p{Cc}]+$/u);
  });
});

describe('pods', () => {
  const shown = (pod: object, seconds = 600) => {
    const objects = app('catalog', { pod: pod as never, broken: 1, available: 2 });
    return ids(objects, { at: NOW - 600_000 + seconds * 1000 });
  };

  test('unschedulable counts after the grace', () => {
    const pod = {
      phase: 'Pending',
      conditions: [condition('PodScheduled', 'False', 'Unschedulable', '0/3 nodes')],
      containerStatuses: [],
    };
    expect(shown(pod, 16)).toEqual(['pod-unschedulable|Deployment/shop/catalog|Unschedulable']);
    expect(shown(pod, 14)).toEqual([]);
  });

  test('running but not ready counts after the grace', () => {
    const pod = { conditions: [condition('PodScheduled', 'True'), condition('Ready', 'False')] };
    expect(shown(pod, 16)).toEqual(['pod-not-ready|Deployment/shop/catalog|NotReady']);
    expect(shown(pod, 14)).toEqual([]);
  });

  test('an init container that never ends is not ready either', () => {
    const pod = {
      phase: 'Pending',
      conditions: [condition('PodScheduled', 'True'), condition('Ready', 'False')],
      initContainerStatuses: [{ name: 'wait', state: { running: { startedAt: ago(500) } } }],
    };
    expect(shown(pod)).toEqual(['pod-not-ready|Deployment/shop/catalog|NotReady']);
  });

  test('a volume that cannot be mounted is named by its event', () => {
    const pod = {
      phase: 'Pending',
      conditions: [condition('PodScheduled', 'True')],
      containerStatuses: [waiting('ContainerCreating')],
    };
    const event = object('Event', 'e', {
      reason: 'FailedMount',
      message: 'secret "cred" not found',
      involvedObject: { kind: 'Pod', name: 'catalog-5d9f-0', uid: 'uid-of-pod-catalog-5d9f-0' },
    });
    expect(ids([...app('catalog', { pod, broken: 1, available: 2 }), event])).toEqual([
      'pod-setup|Deployment/shop/catalog|Volume',
    ]);
  });

  test('failed and evicted pods count, but not those of Jobs', () => {
    const evicted = { phase: 'Failed', reason: 'Evicted', containerStatuses: [] };
    expect(shown(evicted)).toEqual(['pod-failed|Deployment/shop/catalog|Evicted']);
    const ofJob = object('Pod', 'import-x', {
      metadata: ownedBy('Job', 'import'),
      status: { phase: 'Failed' },
    });
    expect(ids([ofJob])).toEqual([]);
  });

  test('pods on their way out count for nothing until they are overdue', () => {
    const leaving = object('Pod', 'debug', {
      metadata: { deletionTimestamp: ago(5) },
      status: { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff')] },
    });
    expect(ids([leaving])).toEqual([]);
    const stuck = object('Pod', 'debug', { metadata: { deletionTimestamp: ago(60) } });
    expect(ids([stuck])).toEqual(['stuck|Pod/shop/debug|Terminating']);
  });

  test('a container that backs off tells how its last run ended', () => {
    const status = {
      ...waiting('CrashLoopBackOff'),
      lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
    };
    const objects = app('catalog', {
      pod: { phase: 'Running', containerStatuses: [status] },
      broken: 1,
    });
    const { violations } = measured(objects);
    expect(violations.map(({ message }) => message).join()).toContain(
      'CrashLoopBackOff (last run: OOMKilled, exit code 137)',
    );
  });
});
