import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/core/kube.ts';
import { stateOf } from '../../../src/tools/observe/state.ts';

function make(kind: string, spec: object, status: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name: 'web', namespace: 'shop' },
    spec: { ...spec },
    status: { ...status },
  };
}

describe('stateOf', () => {
  it('names how a crash-looping container ended: the back-off is not the cause', () => {
    const status = (lastState: object) => ({
      phase: 'Running',
      containerStatuses: [
        {
          name: 'app',
          ready: false,
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
          lastState,
        },
      ],
    });
    const spec = { containers: [{ name: 'app' }], nodeName: 'n1' };
    const killed = { terminated: { reason: 'OOMKilled', exitCode: 137 } };
    expect(stateOf(make('Pod', spec, status(killed)))).toBe(
      'Running, 0/1 ready, app: CrashLoopBackOff (last run: OOMKilled, exit code 137), 3 restarts, on n1',
    );
    expect(stateOf(make('Pod', spec, status({})))).toContain('app: CrashLoopBackOff, 3 restarts');
  });

  it.each([
    ['Deployment', { replicas: 3 }, { readyReplicas: 3, updatedReplicas: 3 }, '3/3 ready'],
    // Ready pods of the old template are no sign that the new one works.
    [
      'Deployment',
      { replicas: 3 },
      { readyReplicas: 3, updatedReplicas: 1 },
      '3/3 ready, 1/3 updated',
    ],
    ['Deployment', { replicas: 0 }, {}, '0/0 ready, scaled to 0'],
    [
      'StatefulSet',
      { replicas: 2 },
      { readyReplicas: 2, currentRevision: 'a', updateRevision: 'a' },
      '2/2 ready',
    ],
    [
      'StatefulSet',
      { replicas: 2 },
      { readyReplicas: 2, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      '2/2 ready, 1/2 updated',
    ],
    ['ReplicaSet', { replicas: 2 }, { readyReplicas: 2 }, '2/2 ready'],
    [
      'DaemonSet',
      {},
      { desiredNumberScheduled: 3, numberReady: 3, updatedNumberScheduled: 2 },
      '3/3 ready, 2/3 updated',
    ],
    [
      'HorizontalPodAutoscaler',
      { minReplicas: 2, maxReplicas: 5 },
      { currentReplicas: 3, desiredReplicas: 0 },
      '3 replicas, wants an unknown number, allowed 2 to 5',
    ],
    [
      'HorizontalPodAutoscaler',
      { maxReplicas: 5 },
      { currentReplicas: 3, desiredReplicas: 4 },
      '3 replicas, wants 4, allowed 1 to 5',
    ],
    [
      'ResourceQuota',
      {},
      { hard: { 'requests.memory': '1Gi', pods: '10' }, used: { 'requests.memory': '900Mi' } },
      'requests.memory 900Mi of 1Gi, pods ? of 10',
    ],
  ])('of a %s with %j and %j', (kind, spec, status, state) => {
    expect(stateOf(make(kind, spec, status))).toBe(state);
  });
});
