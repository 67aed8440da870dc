import type { JsonObject } from '../../../src/core/json.ts';
import { KIND_NAMES, LAW_KINDS } from '../../undo/law-kinds.ts';
import type { KindSample } from './types.ts';

const LABELS = { labels: { app: 'matrix' } };

export const template = (app: string): JsonObject => ({
  metadata: { labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'web', image: 'local/web:1', ports: [{ containerPort: 8080 }] }],
  },
});

const once = (app: string): JsonObject => ({
  metadata: { labels: { app } },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'web', image: 'local/web:1' }],
  },
});

const roleRef = (kind: string): JsonObject => ({
  apiGroup: 'rbac.authorization.k8s.io',
  kind,
  name: 'view',
});

const LAW_ROWS: Readonly<Record<string, NonNullable<KindSample['rows']>>> = {
  Deployment: { edit: 'update-workload', delete: 'delete-workload' },
  StatefulSet: { edit: 'update-workload', delete: 'delete-workload' },
  DaemonSet: { edit: 'update-workload', delete: 'delete-workload' },
  HorizontalPodAutoscaler: { create: 'create-autoscaler' },
  Widget: { create: 'create-custom', edit: 'update-custom', delete: 'delete-custom' },
};

/** The kinds of the tool law, each with its merge edit. */
const LAW: readonly KindSample[] = KIND_NAMES.filter((kind) => kind !== 'Node').map((kind) => {
  const { apiVersion, manifest, edits } = LAW_KINDS[kind];
  return { kind, apiVersion, manifest, edit: edits.merge, rows: LAW_ROWS[kind] ?? {} };
});

export const NAMESPACED: readonly KindSample[] = [
  ...LAW,
  {
    kind: 'Pod',
    apiVersion: 'v1',
    manifest: (name) => ({ ...template(name) }),
    rows: { create: 'create-run', delete: 'delete-bare-pod' },
  },
  {
    kind: 'Job',
    apiVersion: 'batch/v1',
    manifest: (name) => ({
      metadata: LABELS,
      spec: { suspend: true, activeDeadlineSeconds: 600, backoffLimit: 3, template: once(name) },
    }),
    edit: { spec: { activeDeadlineSeconds: 900, backoffLimit: 5 } },
    rows: { create: 'create-run', edit: 'job', delete: 'delete-job-unrun' },
  },
  {
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    manifest: (name) => ({
      metadata: LABELS,
      spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template(name) },
    }),
    edit: { spec: { minReadySeconds: 1 } },
    rows: { edit: 'update-workload', delete: 'delete-workload' },
  },
  {
    kind: 'ReplicationController',
    apiVersion: 'v1',
    manifest: (name) => ({
      metadata: LABELS,
      spec: { replicas: 2, selector: { app: name }, template: template(name) },
    }),
    edit: { spec: { minReadySeconds: 1 } },
    rows: { edit: 'update-workload', delete: 'delete-workload' },
  },
  {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    manifest: () => ({
      metadata: LABELS,
      spec: {
        storageClassName: 'none',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    }),
    rows: { create: 'create-claim', delete: 'delete-claim-kept' },
  },
  {
    kind: 'ServiceAccount',
    apiVersion: 'v1',
    manifest: () => ({ metadata: LABELS }),
    edit: { automountServiceAccountToken: false, imagePullSecrets: [{ name: 'pull' }] },
  },
  {
    kind: 'LimitRange',
    apiVersion: 'v1',
    manifest: () => ({
      metadata: LABELS,
      spec: { limits: [{ type: 'Container', max: { memory: '8Gi' } }] },
    }),
    edit: { spec: { limits: [{ type: 'Container', max: { memory: '4Gi', cpu: '4' } }] } },
  },
  {
    kind: 'ResourceQuota',
    apiVersion: 'v1',
    manifest: () => ({ metadata: LABELS, spec: { hard: { configmaps: '900' } } }),
    edit: { spec: { hard: { configmaps: '800', secrets: '700' } } },
  },
  {
    kind: 'PodTemplate',
    apiVersion: 'v1',
    manifest: (name) => ({ metadata: LABELS, template: template(name) }),
    edit: { template: { metadata: { annotations: { version: '2' } } } },
  },
  {
    kind: 'RoleBinding',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    manifest: () => ({ metadata: LABELS, roleRef: roleRef('ClusterRole'), subjects: [] }),
    edit: { subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }] },
  },
  {
    kind: 'Endpoints',
    apiVersion: 'v1',
    manifest: () => ({
      metadata: LABELS,
      subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ name: 'http', port: 80 }] }],
    }),
    edit: { subsets: [{ addresses: [{ ip: '192.0.2.2' }], ports: [{ name: 'http', port: 81 }] }] },
    rows: { edit: 'endpoints-by-hand', delete: 'delete-output' },
  },
  {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    manifest: () => ({
      metadata: LABELS,
      addressType: 'IPv4',
      endpoints: [{ addresses: ['192.0.2.1'] }],
      ports: [{ name: 'http', port: 80 }],
    }),
    edit: { endpoints: [{ addresses: ['192.0.2.2'] }], ports: [{ name: 'http', port: 81 }] },
    rows: { edit: 'endpoints-by-hand', delete: 'delete-output' },
  },
  {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    manifest: () => ({ metadata: LABELS, spec: { leaseDurationSeconds: 60 } }),
    edit: { spec: { holderIdentity: 'me' } },
    rows: { create: 'create-lasting', edit: 'controller-output', delete: 'delete-output' },
  },
  {
    kind: 'ControllerRevision',
    apiVersion: 'apps/v1',
    manifest: () => ({ metadata: LABELS, data: { a: 'b' }, revision: 1 }),
    edit: { revision: 2 },
    rows: { create: 'create-unknown', edit: 'controller-output', delete: 'delete-unknown' },
  },
  {
    kind: 'CSIStorageCapacity',
    apiVersion: 'storage.k8s.io/v1',
    manifest: () => ({ metadata: LABELS, storageClassName: 'none', capacity: '1Gi' }),
    edit: { capacity: '2Gi' },
    rows: { create: 'create-unknown', edit: 'update-unknown', delete: 'delete-unknown' },
  },
  {
    kind: 'ResourceClaimTemplate',
    apiVersion: 'resource.k8s.io/v1',
    manifest: () => ({
      metadata: LABELS,
      spec: { spec: { devices: { requests: [{ name: 'a', exactly: { deviceClassName: 'x' } }] } } },
    }),
  },
];
