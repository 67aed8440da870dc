import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { classify } from '../../src/undo/classify.ts';
import { object, spec } from './objects.ts';

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
    const after = object(kind);
    for (const verb of ['create', 'apply'] as const) {
      const { apiVersion } = after;
      expect(classify({ verb, kind, apiVersion, before: undefined, after }).class).toBe(expected);
    }
  });
});
