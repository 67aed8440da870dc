import { describe, expect, test } from 'vitest';
import { podOf, Timeline, web } from './timeline.ts';

const on = (port: number | string, path = '/ready') => ({ httpGet: { path, port } });

describe('readiness', () => {
  test.each([
    [
      on(40),
      'Get "http://10.244.0.5:40/ready": dial tcp 10.244.0.5:40: connect: connection refused',
    ],
    [on(8080, '/nowhere'), 'HTTP probe failed with statuscode: 404'],
    [{ tcpSocket: { port: 40 } }, 'dial tcp 10.244.0.5:40: connect: connection refused'],
    [
      { httpGet: { port: 8080, path: '/ready', scheme: 'HTTPS' } },
      'Get "https://10.244.0.5:8080/ready": http: server gave HTTP response to HTTPS client',
    ],
    [{ exec: { command: ['false'] } }, ''],
  ])('%j fails without a restart', (handler, message) => {
    const readinessProbe = { ...handler, periodSeconds: 5 };
    const time = new Timeline(podOf({ containers: [{ ...web, readinessProbe }] })).advance(31);
    expect(time.status.phase).toBe('Running');
    expect(time.container()).toMatchObject({ ready: false, started: true, restartCount: 0 });
    expect(time.condition('Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
    });
    const messages = time.messages('Unhealthy');
    expect(messages).toHaveLength(7);
    expect(messages[0]).toBe(`Readiness probe failed: ${message}`);
  });

  test.each([
    [{ tcpSocket: { port: 8080 } }],
    [on('http')],
    [{ exec: { command: ['wget', '-qO-', 'http://localhost:8080/ready'] } }],
  ])('%j succeeds', (readinessProbe) => {
    const ports = [{ name: 'http', containerPort: 8080 }];
    const time = new Timeline(podOf({ containers: [{ ...web, ports, readinessProbe }] }));
    expect(time.advance(1).container().ready).toBe(true);
  });

  test('waits for its initial delay', () => {
    const readinessProbe = { ...on(8080), initialDelaySeconds: 20 };
    const time = new Timeline(podOf({ containers: [{ ...web, readinessProbe }] })).advance(19);
    expect(time.container().ready).toBe(false);
    expect(time.messages('Unhealthy')).toEqual([]);
    expect(time.advance(2).container().ready).toBe(true);
  });

  test('the PORT variable moves the application, so the old probe port is refused', () => {
    const env = [{ name: 'PORT', value: '9999' }];
    const containers = [{ ...web, env, readinessProbe: on(8080) }];
    expect(new Timeline(podOf({ containers })).advance(60).container().ready).toBe(false);
  });

  test('lastTransitionTime moves only with the status', () => {
    const readinessProbe = { ...on(8080), initialDelaySeconds: 20 };
    const time = new Timeline(podOf({ containers: [{ ...web, readinessProbe }] })).advance(10);
    const unready = time.condition('Ready')?.lastTransitionTime;
    time.touch();
    expect(time.condition('Ready')?.lastTransitionTime).toBe(unready);
    expect(time.advance(20).condition('Ready')?.lastTransitionTime).not.toBe(unready);
  });
});

describe('liveness', () => {
  test('restarts the container after its threshold, then backs off', () => {
    const livenessProbe = { ...on(8081, '/healthz'), periodSeconds: 5, failureThreshold: 3 };
    const time = new Timeline(podOf({ containers: [{ ...web, livenessProbe }] })).advance(9);
    expect(time.container().restartCount).toBe(0);
    time.advance(4);
    expect(time.container().restartCount).toBe(1);
    expect(time.messages('Killing')).toEqual([
      'Container web failed liveness probe, will be restarted',
    ]);
    // A kubelet that kills starts again in the same breath, twice before its back-off.
    time.advance(26);
    expect(time.container()).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 143, reason: 'Error' } },
      restartCount: 2,
    });
  });

  const slow = { ...web, command: ['sh', '-c', 'sleep 20; exec httpd -f -p 8080'] };
  const impatient = { ...on(8080, '/healthz'), periodSeconds: 1, failureThreshold: 1 };

  test('kills a slow starter again and again', () => {
    const containers = [{ ...slow, livenessProbe: impatient, readinessProbe: on(8080) }];
    const time = new Timeline(podOf({ containers })).advance(120);
    expect(time.container().ready).toBe(false);
    expect(time.container().restartCount).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['a longer delay', { livenessProbe: { ...impatient, initialDelaySeconds: 60 } }],
    [
      'a startup probe',
      {
        livenessProbe: impatient,
        startupProbe: { ...on(8080, '/healthz'), periodSeconds: 5, failureThreshold: 10 },
      },
    ],
  ])('%s gives it the time', (_what, probes) => {
    const containers = [{ ...slow, ...probes, readinessProbe: on(8080) }];
    const time = new Timeline(podOf({ containers })).advance(120);
    expect(time.container()).toMatchObject({ ready: true, started: true, restartCount: 0 });
  });

  test('a startup probe that never passes restarts the container', () => {
    const startupProbe = { ...on(1), periodSeconds: 1, failureThreshold: 2 };
    const time = new Timeline(podOf({ containers: [{ ...web, startupProbe }] })).advance(1);
    expect(time.container()).toMatchObject({ started: false, ready: false });
    time.advance(3);
    expect(time.container().restartCount).toBe(1);
    expect(time.messages('Killing')[0]).toBe(
      'Container web failed startup probe, will be restarted',
    );
  });
});
