import { describe, expect, test } from 'vitest';
import { cloneJson, type Json, type JsonObject, objectOf } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { classify } from '../../src/undo/classify.ts';

const API_VERSIONS: Readonly<Record<string, string>> = {
  CronJob: 'batch/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  DaemonSet: 'apps/v1',
  Deployment: 'apps/v1',
  Job: 'batch/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  Widget: 'example.com/v1',
};

function object(kind: string, fields: JsonObject = {}, metadata: JsonObject = {}): KubeObject {
  const apiVersion = API_VERSIONS[kind] ?? 'v1';
  return cloneJson({
    apiVersion,
    kind,
    metadata: { name: 'x', uid: 'u', ...metadata },
    ...fields,
  }) as KubeObject;
}

const spec = (value: { readonly [name: string]: Json }): JsonObject => ({ spec: { ...value } });

function update(before: KubeObject, after: KubeObject) {
  const { kind, apiVersion } = before;
  return classify({ verb: 'patch', kind, apiVersion, before, after });
}

describe('a changed field', () => {
  const claims = (when: string, replicas: number) =>
    spec({ replicas, persistentVolumeClaimRetentionPolicy: { [when]: 'Delete' } });
  const keep = (replicas: number) =>
    spec({ replicas, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain' } });
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
      'schema',
      'CustomResourceDefinition',
      spec({ versions: ['v1', 'v2'] }),
      spec({ versions: ['v1'] }),
      'irreversible',
    ],
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

  test('of which the dry run said nothing', () => {
    const before = object('ConfigMap');
    expect(
      classify({ verb: 'patch', kind: 'ConfigMap', apiVersion: 'v1', before, after: undefined })
        .class,
    ).toBe('irreversible');
  });
});

describe('a delete', () => {
  const of = (kind: string, fields: JsonObject = {}, metadata: JsonObject = {}) => {
    const before = object(kind, fields, metadata);
    return classify({
      verb: 'delete',
      kind,
      apiVersion: before.apiVersion,
      before,
      after: undefined,
    });
  };
  test.each([
    'ConfigMap',
    'Secret',
    'Service',
    'Ingress',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'HorizontalPodAutoscaler',
    'Role',
    'RoleBinding',
    'ClusterRole',
    'ClusterRoleBinding',
    'ServiceAccount',
    'StorageClass',
    'ResourceQuota',
    'LimitRange',
    'CronJob',
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
    'PriorityClass',
    'Widget',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ReplicaSet',
  ])('of a %s can be compensated', (kind) => {
    expect(of(kind)).toMatchObject({ class: 'compensating', undo: expect.stringMatching(/again/) });
  });
  test.each([
    'Namespace',
    'Node',
    'PersistentVolumeClaim',
    'PersistentVolume',
    'CustomResourceDefinition',
    'Job',
    'Pod',
    'Event',
    'Lease',
    'Endpoints',
    'ControllerRevision',
  ])('of a %s cannot', (kind) => {
    expect(of(kind).class).toBe('irreversible');
  });
  test('of a pod that a controller replaces can', () => {
    const ownerReferences = [{ kind: 'ReplicaSet', uid: 'o', controller: true }];
    expect(of('Pod', {}, { ownerReferences }).class).toBe('compensating');
    expect(of('Pod', {}, { ownerReferences: [{ uid: 'o' }] }).class).toBe('irreversible');
  });
  test('of a StatefulSet whose claims go with it cannot', () => {
    const policy = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } };
    expect(of('StatefulSet', spec(policy)).class).toBe('irreversible');
  });
  test('cannot, with finalizers or once it has begun', () => {
    expect(of('Widget', {}, { finalizers: ['a'] }).class).toBe('irreversible');
    expect(of('ConfigMap', {}, { deletionTimestamp: 'x' }).class).toBe('irreversible');
  });
});

describe('a create', () => {
  test.each<[string, string]>([
    ['ConfigMap', 'exact'],
    ['Deployment', 'exact'],
    ['Widget', 'exact'],
    ['Pod', 'compensating'],
    ['Job', 'compensating'],
    ['Namespace', 'irreversible'],
    ['CustomResourceDefinition', 'irreversible'],
    ['CertificateSigningRequest', 'irreversible'],
  ])('of a %s is %s', (kind, expected) => {
    const after = object(kind, objectOf({}));
    for (const verb of ['create', 'apply'] as const) {
      const { apiVersion } = after;
      expect(classify({ verb, kind, apiVersion, before: undefined, after }).class).toBe(expected);
    }
  });
});
