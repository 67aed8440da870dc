import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { classify } from '../../src/undo/classify.ts';
import { object, spec } from './objects.ts';

function update(before: KubeObject, after: KubeObject) {
  const { kind, apiVersion } = before;
  return classify({ verb: 'patch', kind, apiVersion, before, after });
}

describe('a changed field', () => {
  const claims = (when: string, replicas: number) =>
    spec({ replicas, persistentVolumeClaimRetentionPolicy: { [when]: 'Delete' } });
  const keep = (replicas: number) =>
    spec({ replicas, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain' } });
  const withClaims = (when: string, replicas: number, action = 'Delete') =>
    spec({
      replicas,
      volumeClaimTemplates: [{ metadata: { name: 'data' } }],
      persistentVolumeClaimRetentionPolicy: { [when]: action },
    });
  const template = (image: string) => ({ spec: { containers: [{ name: 'a', image }] } });

  test.each<[string, string, JsonObject, JsonObject, string]>([
    ['immutable', 'ConfigMap', {}, { immutable: true }, 'irreversible'],
    ['immutable', 'Secret', { immutable: false }, { immutable: true }, 'irreversible'],
    ['data', 'ConfigMap', { data: { a: '1' } }, { data: { a: '2' } }, 'exact'],
    ['data', 'Secret', { data: { a: 'MQ==' } }, { data: { a: 'Mg==' } }, 'exact'],
    ['deadline of a pod', 'Pod', spec({}), spec({ activeDeadlineSeconds: 9 }), 'irreversible'],
    [
      'size of a claim',
      'PersistentVolumeClaim',
      spec({ size: 1 }),
      spec({ size: 2 }),
      'irreversible',
    ],
    [
      'reclaim policy',
      'PersistentVolume',
      spec({ persistentVolumeReclaimPolicy: 'Retain' }),
      spec({ persistentVolumeReclaimPolicy: 'Delete' }),
      'irreversible',
    ],
    [
      'reclaim policy',
      'PersistentVolume',
      spec({ persistentVolumeReclaimPolicy: 'Delete' }),
      spec({ persistentVolumeReclaimPolicy: 'Retain' }),
      'exact',
    ],
    [
      'history, less of it',
      'Deployment',
      spec({ revisionHistoryLimit: 10 }),
      spec({ revisionHistoryLimit: 2 }),
      'irreversible',
    ],
    [
      'history, more of it',
      'Deployment',
      spec({ revisionHistoryLimit: 2 }),
      spec({ revisionHistoryLimit: 10 }),
      'exact',
    ],
    [
      'history',
      'StatefulSet',
      spec({ revisionHistoryLimit: 10 }),
      spec({ revisionHistoryLimit: 0 }),
      'irreversible',
    ],
    [
      'history',
      'DaemonSet',
      spec({ revisionHistoryLimit: 10 }),
      spec({ revisionHistoryLimit: 0 }),
      'irreversible',
    ],
    [
      'history of good runs',
      'CronJob',
      spec({ successfulJobsHistoryLimit: 3 }),
      spec({ successfulJobsHistoryLimit: 1 }),
      'irreversible',
    ],
    [
      'history of bad runs',
      'CronJob',
      spec({ failedJobsHistoryLimit: 1 }),
      spec({ failedJobsHistoryLimit: 0 }),
      'irreversible',
    ],
    ['time to live', 'Job', spec({}), spec({ ttlSecondsAfterFinished: 9 }), 'irreversible'],
    ['retention of claims', 'StatefulSet', keep(2), claims('whenScaled', 2), 'irreversible'],
    ['retention of claims', 'StatefulSet', keep(2), claims('whenDeleted', 2), 'irreversible'],
    ['retention of claims, safer', 'StatefulSet', claims('whenScaled', 2), keep(2), 'exact'],
    [
      'scale down that takes claims',
      'StatefulSet',
      claims('whenScaled', 2),
      claims('whenScaled', 1),
      'irreversible',
    ],
    [
      'scale down that keeps claims',
      'StatefulSet',
      claims('whenDeleted', 2),
      claims('whenDeleted', 1),
      'compensating',
    ],
    [
      'scale up whose way back takes claims',
      'StatefulSet',
      withClaims('whenScaled', 1),
      withClaims('whenScaled', 2),
      'irreversible',
    ],
    [
      'scale up and retention of claims, safer',
      'StatefulSet',
      withClaims('whenScaled', 1),
      withClaims('whenScaled', 2, 'Retain'),
      'irreversible',
    ],
    [
      'scale up whose way back keeps claims',
      'StatefulSet',
      withClaims('whenDeleted', 1),
      withClaims('whenDeleted', 2),
      'compensating',
    ],
    [
      'scale up without claims',
      'StatefulSet',
      claims('whenScaled', 1),
      claims('whenScaled', 2),
      'exact',
    ],
    ['scale down', 'StatefulSet', spec({ replicas: 2 }), spec({ replicas: 1 }), 'compensating'],
    ['scale down', 'Deployment', spec({ replicas: 2 }), spec({ replicas: 0 }), 'compensating'],
    ['scale up', 'Deployment', spec({ replicas: 2 }), spec({ replicas: 4 }), 'exact'],
    ['scale up', 'StatefulSet', spec({ replicas: 2 }), spec({ replicas: 4 }), 'exact'],
    [
      'template',
      'Deployment',
      spec({ template: template('a') }),
      spec({ template: template('b') }),
      'exact',
    ],
    [
      'template',
      'StatefulSet',
      spec({ template: template('a') }),
      spec({ template: template('b') }),
      'compensating',
    ],
    [
      'template',
      'DaemonSet',
      spec({ template: template('a') }),
      spec({ template: template('b') }),
      'compensating',
    ],
    [
      'template and fewer pods',
      'Deployment',
      spec({ replicas: 2, template: template('a') }),
      spec({ replicas: 1, template: template('b') }),
      'compensating',
    ],
    ['pause', 'Deployment', spec({}), spec({ paused: true }), 'exact'],
    ['suspend', 'CronJob', spec({ suspend: false }), spec({ suspend: true }), 'exact'],
    [
      'resume, which may start a run',
      'CronJob',
      spec({ suspend: true }),
      spec({ suspend: false }),
      'compensating',
    ],
    [
      'suspend, which kills pods',
      'Job',
      spec({ suspend: false }),
      spec({ suspend: true }),
      'compensating',
    ],
    [
      'selector',
      'Service',
      spec({ selector: { app: 'a' } }),
      spec({ selector: { app: 'b' } }),
      'exact',
    ],
    ['ports', 'Service', spec({ ports: [{ port: 1 }] }), spec({ ports: [{ port: 2 }] }), 'exact'],
    [
      'one family of addresses less',
      'Service',
      spec({ clusterIPs: ['10.0.0.1', 'fd::1'] }),
      spec({ clusterIPs: ['10.0.0.1'] }),
      'compensating',
    ],
    [
      'NoExecute taint',
      'Node',
      spec({}),
      spec({ taints: [{ key: 'a', effect: 'NoExecute' }] }),
      'irreversible',
    ],
    [
      'NoSchedule taint',
      'Node',
      spec({}),
      spec({ taints: [{ key: 'a', effect: 'NoSchedule' }] }),
      'exact',
    ],
    ['cordon', 'Node', spec({}), spec({ unschedulable: true }), 'exact'],
    [
      'NoSchedule taint beside a NoExecute one',
      'Node',
      spec({ taints: [{ key: 'a', effect: 'NoExecute' }] }),
      spec({
        taints: [
          { key: 'a', effect: 'NoExecute' },
          { key: 'b', effect: 'NoSchedule' },
        ],
      }),
      'exact',
    ],
    [
      'other value of a NoExecute taint',
      'Node',
      spec({ taints: [{ key: 'a', value: '1', effect: 'NoExecute' }] }),
      spec({ taints: [{ key: 'a', value: '2', effect: 'NoExecute' }] }),
      'irreversible',
    ],
    [
      'NoExecute taint less, whose return evicts who came meanwhile',
      'Node',
      spec({ taints: [{ key: 'a', effect: 'NoExecute' }] }),
      spec({}),
      'compensating',
    ],
    [
      'node port that somebody else may take',
      'Service',
      spec({ ports: [{ port: 80, nodePort: 30080 }] }),
      spec({ ports: [{ port: 80, nodePort: 30081 }] }),
      'compensating',
    ],
    [
      'first selector, whose endpoints stay',
      'Service',
      spec({}),
      spec({ selector: { app: 'a' } }),
      'compensating',
    ],
    ['lost selector', 'Service', spec({ selector: { app: 'a' } }), spec({}), 'exact'],
    [
      'schema',
      'CustomResourceDefinition',
      spec({ versions: [{ name: 'v1' }, { name: 'v2' }] }),
      spec({ versions: [{ name: 'v1' }] }),
      'irreversible',
    ],
    [
      'first aggregation',
      'ClusterRole',
      { rules: [] },
      { rules: [], aggregationRule: { clusterRoleSelectors: [] } },
      'irreversible',
    ],
    [
      'other aggregation',
      'ClusterRole',
      { aggregationRule: { clusterRoleSelectors: [] } },
      { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
      'exact',
    ],
    ['ordinals', 'StatefulSet', spec({}), spec({ ordinals: { start: 1 } }), 'compensating'],
    [
      'a field nobody knows',
      'CSIStorageCapacity',
      { capacity: '1' },
      { capacity: '2' },
      'irreversible',
    ],
    [
      'labels',
      'Pod',
      {},
      { metadata: { name: 'x', uid: 'u', labels: { a: 'b' } } },
      'compensating',
    ],
    [
      'deadline, shorter',
      'Job',
      spec({ activeDeadlineSeconds: 9 }),
      spec({ activeDeadlineSeconds: 5 }),
      'irreversible',
    ],
    [
      'deadline, longer',
      'Job',
      spec({ activeDeadlineSeconds: 5 }),
      spec({ activeDeadlineSeconds: 9 }),
      'exact',
    ],
    [
      'template, resumed at once',
      'Job',
      spec({ suspend: true, template: template('a') }),
      spec({ suspend: false, template: template('b') }),
      'irreversible',
    ],
    ['provider', 'Node', spec({}), spec({ providerID: 'x' }), 'irreversible'],
    ['a field', 'Widget', spec({ a: 1 }), spec({ a: 2 }), 'exact'],
    [
      'output of a controller',
      'EndpointSlice',
      { endpoints: [] },
      { endpoints: ['x'] },
      'irreversible',
    ],
    ['output of a controller', 'Endpoints', { subsets: [] }, { subsets: ['x'] }, 'irreversible'],
    ['output of a controller', 'Lease', spec({}), spec({ holderIdentity: 'x' }), 'irreversible'],
  ])('%s of a %s', (_what, kind, before, after, expected) => {
    expect(update(object(kind, before), object(kind, after)).class).toBe(expected);
  });

  test.each<[string, JsonObject, JsonObject, string]>([
    ['labels', { labels: {} }, { labels: { a: 'b' } }, 'exact'],
    ['annotations', {}, { annotations: { a: 'b' } }, 'exact'],
    ['an owner', {}, { ownerReferences: [{ uid: 'o' }] }, 'irreversible'],
    ['a lost owner', { ownerReferences: [{ uid: 'o' }] }, {}, 'irreversible'],
    ['a finalizer more', {}, { finalizers: ['a'] }, 'exact'],
    ['a finalizer less', { finalizers: ['a'] }, {}, 'irreversible'],
    ['on its way out', {}, { deletionTimestamp: 'x' }, 'irreversible'],
  ])('metadata: %s', (_what, before, after, expected) => {
    expect(update(object('ConfigMap', {}, before), object('ConfigMap', {}, after)).class).toBe(
      expected,
    );
  });

  test('nobody but a Deployment scales its ReplicaSets', () => {
    const ownerReferences = [{ kind: 'Deployment', uid: 'o', controller: true }];
    const of = (replicas: number, owners: JsonObject = { ownerReferences }) =>
      object('ReplicaSet', spec({ replicas }), owners);
    expect(update(of(2), of(0)).class).toBe('irreversible');
    expect(update(of(2), of(4)).class).toBe('irreversible');
    expect(update(of(2, {}), of(0, {})).class).toBe('compensating');
  });

  test('of which the dry run said nothing', () => {
    const before = object('ConfigMap');
    expect(
      classify({ verb: 'patch', kind: 'ConfigMap', apiVersion: 'v1', before, after: undefined })
        .class,
    ).toBe('irreversible');
  });
});
