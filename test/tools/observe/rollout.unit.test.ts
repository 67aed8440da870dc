import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/core/kube.ts';
import { DEFAULT_REDACTION } from '../../../src/core/redact-text.ts';
import { lastGood } from '../../../src/tools/observe/rollout/last-good.ts';
import { reasonsOf } from '../../../src/tools/observe/rollout/reasons.ts';
import { rolloutStatus } from '../../../src/tools/observe/rollout/status.ts';
import { templateDiff } from '../../../src/tools/observe/rollout/template-diff.ts';
import { nextAfterRollout } from '../../../src/tools/observe/rollout/words.ts';
import type { Revision } from '../../../src/tools/revisions/revisions.ts';

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

describe('what to do about a rollout', () => {
  const stuck = {
    ...done,
    updatedReplicas: 1,
    ...condition('Progressing', 'False', 'ProgressDeadlineExceeded'),
  };
  const workload = make('Deployment', three, stuck);
  const pod = (spec: object, status: object): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop' },
    spec: { ...spec },
    status: { ...status },
  });
  const waiting = (reason: string, lastState: object = {}) =>
    pod(
      { nodeName: 'n1' },
      { containerStatuses: [{ name: 'app', state: { waiting: { reason } }, lastState }] },
    );
  const unplaced = pod(
    {},
    { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] },
  );
  const unready = pod({ nodeName: 'n1' }, { conditions: [{ type: 'Ready', status: 'False' }] });
  const reasons = (one: KubeObject) => reasonsOf(workload, [one], () => true, DEFAULT_REDACTION);
  const revision = (number: number): Revision => ({ number, images: [], template: {} }) as never;
  const next = (one: KubeObject, revisions: readonly Revision[]) =>
    nextAfterRollout(workload, rolloutStatus(workload), reasons(one), revisions, undefined, {});

  it('names the pod before the deadline that passed because of it', () => {
    const killed = { terminated: { reason: 'OOMKilled', exitCode: 137 } };
    const [first, last] = reasons(waiting('CrashLoopBackOff', killed)).why;
    expect(first).toBe(
      'web-1: app waits: CrashLoopBackOff, its last run ended: OOMKilled, exit code 137',
    );
    expect(last).toMatch(/ProgressDeadlineExceeded/);
  });

  it.each([
    [
      'logs of a container that ran',
      waiting('CrashLoopBackOff', { terminated: { exitCode: 1 } }),
      'observe_logs',
    ],
    [
      'the pod of one that never ran',
      waiting('ImagePullBackOff'),
      'observe_describe {"kind":"Pod"',
    ],
    ['the nodes for a pod on none', unplaced, 'observe_capacity'],
    ['the events of a probe that fails', unready, 'observe_describe {"kind":"Pod"'],
  ])('leads to %s', (_, one, start) => {
    expect(next(one, [revision(2), revision(1)])).toMatch(
      new RegExp(`^${start.replace('{', '\\{')}`),
    );
  });

  it('offers the earlier revision only where there is one', () => {
    expect(next(unready, [revision(2), revision(1)])).toContain('"action":"undo"');
    expect(next(unready, [revision(1)])).not.toContain('undo');
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

describe('lastGood', () => {
  const revision = (number: number, status: object = {}): Revision => ({
    number,
    kept: {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: `web-${number}` },
      status: { ...status },
    },
    template: {},
    images: [],
    ready: 0,
  });
  const serving = { replicas: 2, readyReplicas: 2, availableReplicas: 2 };
  const through = (name: string) => ({
    conditions: [
      {
        type: 'Progressing',
        reason: 'NewReplicaSetAvailable',
        message: `ReplicaSet "${name}" has successfully progressed.`,
        lastUpdateTime: '2026-01-01T00:00:00Z',
      },
    ],
  });
  const known = (
    workload: KubeObject,
    state: 'complete' | 'progressing' | 'stuck',
    revisions: Revision[],
  ) => {
    const good = lastGood(workload, { state }, revisions, revisions.at(-1), undefined);
    return good && [good.revision.number, good.knownBy];
  };

  it('is the one whose pods are all ready, not one with some', () => {
    const some = { replicas: 2, readyReplicas: 1, availableReplicas: 1 };
    const web = make('Deployment', three, {});
    expect(known(web, 'stuck', [revision(1, serving), revision(2, some), revision(3)])).toEqual([
      1,
      'all 2 of its pods are ready now',
    ]);
  });

  it('is not the wanted one while its rollout goes on, though what there is of it is ready', () => {
    const web = make('Deployment', three, {});
    expect(known(web, 'progressing', [revision(1), revision(2, serving)])).toBeUndefined();
    expect(known(web, 'complete', [revision(1), revision(2, serving)])?.[0]).toBe(2);
  });

  it('is a controller’s word where no pod tells, and says of when', () => {
    const web = make('Deployment', three, through('web-2'));
    const [number, by] = known(web, 'progressing', [revision(1), revision(2)]) ?? [];
    expect(number).toBe(2);
    expect(by).toMatch(/available as a whole at 2026-01-01T00:00:00Z, which is not said of now/);
    expect(
      known(make('Deployment', three, {}), 'stuck', [revision(1), revision(2)]),
    ).toBeUndefined();
    // A name that only begins alike is another ReplicaSet's.
    const other = make('Deployment', three, through('web-22'));
    expect(known(other, 'stuck', [revision(1), revision(2)])).toBeUndefined();
  });
});
