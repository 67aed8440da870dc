import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/core/kube.ts';
import { DEFAULT_REDACTION } from '../../../src/core/redact-text.ts';
import { rolloutStatus } from '../../../src/tools/observe/rollout/status.ts';
import { templateDiff } from '../../../src/tools/observe/rollout/template-diff.ts';

function make(kind: string, spec: object, status: object): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', generation: 2 },
    spec: { ...spec },
    status: { observedGeneration: 2, ...status },
  };
}

const condition = (type: string, status: string, reason: string) => ({
  conditions: [{ type, status, reason }],
});
const done = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
const three = { replicas: 3 };
const partition = (count: number) => ({ updateStrategy: { rollingUpdate: { partition: count } } });

describe('rolloutStatus', () => {
  it.each([
    ['Deployment', three, done, 'complete', 'deployment "web" successfully rolled out'],
    [
      'Deployment',
      three,
      { ...done, observedGeneration: 1 },
      'unobserved',
      'Waiting for deployment spec update to be observed...',
    ],
    // No status at all is not health.
    ['Deployment', three, { observedGeneration: undefined }, 'unobserved', /to be observed/],
    [
      'Deployment',
      three,
      { ...done, updatedReplicas: 1 },
      'progressing',
      'Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...',
    ],
    [
      'Deployment',
      three,
      { ...done, replicas: 4 },
      'progressing',
      'Waiting for deployment "web" rollout to finish: 1 old replicas are pending termination...',
    ],
    [
      'Deployment',
      three,
      { ...done, availableReplicas: 2 },
      'progressing',
      'Waiting for deployment "web" rollout to finish: 2 of 3 updated replicas are available...',
    ],
    [
      'Deployment',
      three,
      { ...done, ...condition('Progressing', 'False', 'ProgressDeadlineExceeded') },
      'stuck',
      'deployment "web" exceeded its progress deadline',
    ],
    [
      'Deployment',
      three,
      { updatedReplicas: 0, ...condition('ReplicaFailure', 'True', 'FailedCreate') },
      'stuck',
      /0 out of 3 new replicas/,
    ],
    ['Deployment', { ...three, paused: true }, { updatedReplicas: 1 }, 'paused', /1 out of 3/],
    [
      'DaemonSet',
      {},
      { desiredNumberScheduled: 3, updatedNumberScheduled: 1 },
      'progressing',
      'Waiting for daemon set "web" rollout to finish: 1 out of 3 new pods have been updated...',
    ],
    [
      'DaemonSet',
      {},
      { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 },
      'progressing',
      'Waiting for daemon set "web" rollout to finish: 2 of 3 updated pods are available...',
    ],
    ['DaemonSet', { updateStrategy: { type: 'OnDelete' } }, {}, 'manual', /only available for/],
    [
      'StatefulSet',
      three,
      { readyReplicas: 1 },
      'progressing',
      'Waiting for 2 pods to be ready...',
    ],
    [
      'StatefulSet',
      { ...three, ...partition(2) },
      { ...done, updatedReplicas: 0 },
      'progressing',
      'Waiting for partitioned roll out to finish: 0 out of 1 new pods have been updated...',
    ],
    [
      'StatefulSet',
      { ...three, ...partition(2) },
      { ...done, updatedReplicas: 1 },
      'complete',
      'partitioned roll out complete: 1 new pods have been updated...',
    ],
    [
      'StatefulSet',
      three,
      { ...done, updatedReplicas: 1, currentRevision: 'web-a', updateRevision: 'web-b' },
      'progressing',
      'waiting for statefulset rolling update to complete 1 pods at revision web-b...',
    ],
  ])('words a %s with %j and %j as kubectl does', (kind, spec, status, state, message) => {
    const judged = rolloutStatus(make(kind, spec, status));
    expect(judged.state).toBe(state);
    if (typeof message === 'string') expect(judged.message).toBe(message);
    else expect(judged.message).toMatch(message);
  });
});

describe('templateDiff', () => {
  const side = (title: string, template: object) => ({ title, template: { ...template } });

  it('ignores the order of keys and the nulls of stored templates', () => {
    const a = side('a', { metadata: { creationTimestamp: null }, spec: { x: 1, y: 2 } });
    const b = side('b', { spec: { y: 2, x: 1 }, metadata: {} });
    expect(templateDiff(a, b, DEFAULT_REDACTION)).toBe('');
  });

  it('gives up on templates with nothing in common, however large', () => {
    const lines = (word: string) =>
      side(word, { spec: { list: Array.from({ length: 20_000 }, (_, i) => `${word}${i}`) } });
    expect(templateDiff(lines('a'), lines('b'), DEFAULT_REDACTION)).toBeUndefined();
  });
});
