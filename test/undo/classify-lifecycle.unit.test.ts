import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { classify } from '../../src/undo/classify.ts';
import { object, spec } from './objects.ts';

const SNAPSHOT = 'snapshot.storage.k8s.io/v1';

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
    'Pod',
    'Event',
    'Lease',
    'Endpoints',
    'ControllerRevision',
  ])('of a %s cannot', (kind) => {
    expect(of(kind).class).toBe('irreversible');
  });
  test('of a Job that has not run can', () => {
    expect(of('Job').class).toBe('compensating');
    expect(of('Job', { status: { startTime: 'x', failed: 1 } }).class).toBe('irreversible');
  });
  test('of a bare pod that loses no state can', () => {
    const pod = (more: JsonObject, rest: JsonObject = {}) =>
      of('Pod', { ...spec({ restartPolicy: 'Always', ...more }), ...rest }).class;
    expect(pod({})).toBe('compensating');
    expect(pod({ restartPolicy: 'Never' })).toBe('irreversible');
    expect(pod({ volumes: [{ name: 'tmp', emptyDir: {} }] })).toBe('irreversible');
    expect(pod({}, { status: { phase: 'Succeeded' } })).toBe('irreversible');
  });
  test('of a pod that a controller replaces can', () => {
    const ownerReferences = [{ kind: 'ReplicaSet', uid: 'o', controller: true }];
    expect(of('Pod', {}, { ownerReferences }).class).toBe('compensating');
    expect(of('Pod', {}, { ownerReferences: [{ uid: 'o' }] }).class).toBe('irreversible');
  });
  test("of a ReplicaSet that is a Deployment's can only when it is history", () => {
    const ownerReferences = [{ kind: 'Deployment', uid: 'o', controller: true }];
    const replicas = (count: number) =>
      of('ReplicaSet', spec({ replicas: count }), { ownerReferences }).class;
    expect(replicas(3)).toBe('irreversible');
    expect(replicas(0)).toBe('compensating');
  });
  test('of a StatefulSet whose claims go with it cannot', () => {
    const policy = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete' } };
    expect(of('StatefulSet', spec(policy)).class).toBe('irreversible');
  });
  test.each([
    ['HTTPRoute', 'gateway.networking.k8s.io/v1', 'compensating'],
    ['VerticalPodAutoscaler', 'autoscaling.k8s.io/v1', 'compensating'],
    ['AdminNetworkPolicy', 'policy.networking.k8s.io/v1alpha1', 'compensating'],
    ['VolumeSnapshotClass', 'snapshot.storage.k8s.io/v1', 'compensating'],
    ['VolumeSnapshot', 'snapshot.storage.k8s.io/v1', 'irreversible'],
    ['VolumeSnapshotContent', 'snapshot.storage.k8s.io/v1', 'irreversible'],
    ['VolumeGroupSnapshot', 'groupsnapshot.storage.k8s.io/v1beta1', 'irreversible'],
    ['StorageVersionMigration', 'storagemigration.k8s.io/v1beta1', 'irreversible'],
    ['PodMetrics', 'metrics.k8s.io/v1beta1', 'irreversible'],
  ])('of a %s of %s is %s', (kind, apiVersion, expected) => {
    const before = { ...object(kind), apiVersion };
    expect(classify({ verb: 'delete', kind, apiVersion, before, after: undefined }).class).toBe(
      expected,
    );
  });
  test('cannot, with finalizers or once it has begun', () => {
    expect(of('Widget', {}, { finalizers: ['a'] }).class).toBe('irreversible');
    expect(of('ConfigMap', {}, { deletionTimestamp: 'x' }).class).toBe('irreversible');
  });
});

describe('a create', () => {
  test.each([
    ['Retain', 'compensating'],
    ['Delete', 'irreversible'],
  ])('of a StatefulSet with claims and whenDeleted %s is %s', (whenDeleted, expected) => {
    const after = object(
      'StatefulSet',
      spec({
        volumeClaimTemplates: [{ metadata: { name: 'data' } }],
        persistentVolumeClaimRetentionPolicy: { whenDeleted },
      }),
    );
    const { kind, apiVersion } = after;
    const told = classify({ verb: 'create', kind, apiVersion, before: undefined, after });
    expect(told.class).toBe(expected);
  });

  test.each([
    ['HTTPRoute', 'gateway.networking.k8s.io/v1', {}, 'exact'],
    ['VolumeSnapshot', SNAPSHOT, { persistentVolumeClaimName: 'db' }, 'exact'],
    ['VolumeSnapshot', SNAPSHOT, { volumeSnapshotContentName: 'db' }, 'irreversible'],
    ['VolumeSnapshotContent', SNAPSHOT, { snapshotHandle: 'db' }, 'irreversible'],
  ])('of a %s of %s from %j is %s', (kind, apiVersion, source, expected) => {
    const after = { ...object(kind, spec({ source })), apiVersion };
    const told = classify({ verb: 'create', kind, apiVersion, before: undefined, after });
    expect(told.class).toBe(expected);
  });

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
    const after = object(kind);
    for (const verb of ['create', 'apply'] as const) {
      const { apiVersion } = after;
      expect(classify({ verb, kind, apiVersion, before: undefined, after }).class).toBe(expected);
    }
  });
});
