import { describe, expect, test } from 'vitest';
import { podOf, Timeline, web } from './timeline.ts';

const ready = { httpGet: { path: '/ready', port: 8080 } };

describe('a pod that works', () => {
  test('goes from Pending to Running and Ready, with the events of a start', () => {
    const time = new Timeline(podOf({ containers: [{ ...web, readinessProbe: ready }] }));
    expect(time.status.phase).toBe('Pending');
    expect(time.container().state.waiting?.reason).toBe('ContainerCreating');
    expect(time.condition('Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [web]',
    });
    time.advance(1);
    expect(time.status).toMatchObject({ phase: 'Running', podIP: '10.244.0.5' });
    expect(time.container()).toMatchObject({
      ready: true,
      started: true,
      restartCount: 0,
      image: 'docker.io/local/web:1',
    });
    expect(time.condition('Ready')?.status).toBe('True');
    expect(time.events.map(({ reason }) => reason)).toEqual(['Pulled', 'Created', 'Started']);
    expect(time.log()).toEqual(['httpd: listening on port 8080']);
  });

  test('rests: nothing is due and a step without a change changes nothing', () => {
    const time = new Timeline(
      podOf({ containers: [{ ...web, readinessProbe: ready, livenessProbe: ready }] }),
    ).advance(5);
    expect(time.last.wakeAt).toBe(Infinity);
    const before = time.status;
    time.advance(3600).touch();
    expect(time.status).toEqual(before);
  });

  test.each(['local/web:1', 'docker.io/local/web:2'])('knows the image %s', (image) => {
    const time = new Timeline(podOf({ containers: [{ ...web, image }] })).advance(1);
    expect(time.container().state.running).toBeDefined();
  });
});

describe('images', () => {
  test('an unknown one alternates between ErrImagePull and ImagePullBackOff, ever more slowly', () => {
    const time = new Timeline(podOf({ containers: [{ ...web, image: 'local/web:nope' }] }));
    time.advance(1);
    expect(time.container().state.waiting).toEqual({
      reason: 'ErrImagePull',
      message: expect.stringContaining('docker.io/local/web:nope: not found'),
    });
    time.advance(5);
    expect(time.container().state.waiting).toEqual({
      reason: 'ImagePullBackOff',
      message: expect.stringMatching(/^Back-off pulling image "local\/web:nope": ErrImagePull: /),
    });
    expect(time.status.phase).toBe('Pending');
    time.advance(600);
    expect(time.messages('Pulling').length).toBe(6);
    expect(time.messages('Failed')).toContain('Error: ImagePullBackOff');
  });

  test.each([
    ['Not/A:good:name', 'Always', 'InvalidImageName'],
    ['local/web:nope', 'Never', 'ErrImageNeverPull'],
  ] as const)('%s with policy %s waits with %s', (image, imagePullPolicy, reason) => {
    const time = new Timeline(podOf({ containers: [{ ...web, image, imagePullPolicy }] }));
    expect(time.advance(1).container().state.waiting?.reason).toBe(reason);
  });

  test('a running container is restarted when its image changes in place', () => {
    const time = new Timeline(podOf({})).advance(1);
    time.pod = podOf({ containers: [{ ...web, image: 'local/web:2' }] });
    time.touch().advance(3);
    expect(time.container()).toMatchObject({ restartCount: 1, image: 'docker.io/local/web:2' });
    expect(time.messages('Killing')).toEqual([
      'Container web definition changed, will be restarted',
    ]);
  });
});

describe('crashes', () => {
  test('restart at once, then back off 10, 20, 40 seconds, with the kubelet words', () => {
    const command = ['sh', '-c', 'echo no database; exit 3'];
    const time = new Timeline(podOf({ containers: [{ ...web, command }] })).advance(5);
    expect(time.container()).toMatchObject({
      restartCount: 1,
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off 10s restarting failed container=web pod=catalog-1_shop(uid-1)',
        },
      },
      lastState: { terminated: { exitCode: 3, reason: 'Error' } },
    });
    expect(time.status.phase).toBe('Running');
    expect(time.log()).toEqual(['no database']);
    time.advance(10);
    expect(time.container().restartCount).toBe(2);
    expect(time.container().state.waiting?.message).toMatch(/^back-off 20s /);
    time.advance(90);
    expect(time.container().restartCount).toBe(4);
    expect(time.container().state.waiting?.message).toMatch(/^back-off 1m20s /);
    expect(time.log('web', 'previousLog')).toEqual(['no database']);
  });

  test('a command that does not exist is a StartError and then CrashLoopBackOff', () => {
    const time = new Timeline(podOf({ containers: [{ ...web, command: ['/app/server'] }] }));
    time.advance(0.5);
    expect(time.container().state.waiting?.reason).toBe('RunContainerError');
    expect(time.container().state.waiting?.message).toContain('exec: "/app/server"');
    time.advance(5);
    expect(time.container()).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { reason: 'StartError', exitCode: 128 } },
    });
  });

  test('a memory limit below the working set is an OOM kill', () => {
    const resources = { limits: { memory: '5Mi' } };
    const time = new Timeline(podOf({ containers: [{ ...web, resources }] })).advance(5);
    expect(time.container()).toMatchObject({
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
    });
    const enough = { limits: { memory: '16Mi' } };
    const fine = new Timeline(podOf({ containers: [{ ...web, resources: enough }] })).advance(60);
    expect(fine.container()).toMatchObject({ ready: true, restartCount: 0 });
  });

  test('the second container on a port crashes, the first one stays', () => {
    const containers = [web, { ...web, name: 'copy' }];
    const time = new Timeline(podOf({ containers })).advance(5);
    expect(time.container('web').ready).toBe(true);
    expect(time.container('copy').state.waiting?.reason).toBe('CrashLoopBackOff');
    expect(time.log('copy')).toEqual(['httpd: bind: Address already in use']);
    expect(time.condition('Ready')?.message).toBe('containers with unready status: [copy]');
  });
});

describe('restart policy', () => {
  test.each([
    ['Never', 'true', 'Succeeded', 0],
    ['Never', 'exit 4', 'Failed', 0],
    ['OnFailure', 'true', 'Succeeded', 0],
    ['OnFailure', 'exit 4', 'Running', 1],
    ['Always', 'true', 'Running', 1],
  ] as const)('%s after `%s`: %s', (restartPolicy, script, phase, restarts) => {
    const containers = [{ ...web, command: ['sh', '-c', script] }];
    const time = new Timeline(podOf({ restartPolicy, containers })).advance(5);
    expect(time.status.phase).toBe(phase);
    expect(time.container().restartCount).toBe(restarts);
  });

  test('a pod that succeeded says so in its conditions and stays so', () => {
    const containers = [{ ...web, command: ['sleep', '3'] }];
    const time = new Timeline(podOf({ restartPolicy: 'Never', containers })).advance(2);
    expect(time.status.phase).toBe('Running');
    time.advance(100);
    expect(time.status.phase).toBe('Succeeded');
    expect(time.condition('Ready')).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    expect(time.container().state.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
    expect(time.last.wakeAt).toBe(Infinity);
  });
});

describe('deletion', () => {
  test('stops the containers within their grace, then lets the object go', () => {
    const time = new Timeline(podOf({})).advance(1);
    time.pod = { ...time.pod, metadata: { ...time.pod.metadata, deletionTimestamp: 'now' } };
    time.touch();
    expect(time.last.removable).toBe(false);
    expect(time.messages('Killing')).toEqual(['Stopping container web']);
    expect(time.condition('Ready')?.status).toBe('False');
    time.advance(1);
    expect(time.last.removable).toBe(true);
    expect(time.container().state.terminated?.exitCode).toBe(143);
    expect(time.container().restartCount).toBe(0);
    expect(time.status.phase).toBe('Failed');
  });

  test('of a pod that never started is immediate', () => {
    const time = new Timeline(podOf({ containers: [{ ...web, image: 'local/web:nope' }] }));
    time.pod = { ...time.pod, metadata: { ...time.pod.metadata, deletionTimestamp: 'now' } };
    expect(time.touch().last.removable).toBe(true);
    expect(time.last.wakeAt).toBe(Infinity);
  });
});

test('restart counts survive a new start of the node, finished pods stay finished', () => {
  const crashing = podOf({ containers: [{ ...web, command: ['false'] }] });
  const before = new Timeline(crashing).advance(30);
  const restarts = before.container().restartCount;
  const after = new Timeline({ ...crashing, status: before.status });
  expect(after.status.phase).toBe('Running');
  after.advance(5);
  expect(after.container().restartCount).toBeGreaterThan(restarts);
  const done = podOf({ restartPolicy: 'Never', containers: [{ ...web, command: ['true'] }] });
  const status = new Timeline(done).advance(5).status;
  const adopted = new Timeline({ ...done, status }).advance(5);
  expect(adopted.status.phase).toBe('Succeeded');
  expect(adopted.events).toEqual([]);
});
