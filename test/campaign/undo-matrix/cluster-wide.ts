import type { JsonObject } from '../../../src/core/json.ts';
import { LAW_KINDS } from '../../undo/law-kinds.ts';
import type { KindSample } from './types.ts';

const LABELS = { labels: { app: 'matrix' } };
const RBAC = 'rbac.authorization.k8s.io/v1';
const ADMISSION = 'admissionregistration.k8s.io/v1';
const STORAGE = 'storage.k8s.io/v1';
const FLOW = 'flowcontrol.apiserver.k8s.io/v1';

/** Nothing that anybody else makes falls under it. */
const NOBODY: JsonObject = {
  apiGroups: ['matrix.example.com'],
  apiVersions: ['v1'],
  operations: ['CREATE'],
  resources: ['nothings'],
};
const hook = (operations: string[]): JsonObject => ({
  name: 'matrix.example.com',
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  failurePolicy: 'Ignore',
  clientConfig: { url: 'https://127.0.0.1:9/none' },
  rules: [{ ...NOBODY, operations }],
});
const matchNobody = { resourceRules: [{ ...NOBODY }] };

export const definition = (name: string): JsonObject => ({
  spec: {
    group: name.slice(name.indexOf('.') + 1),
    scope: 'Namespaced',
    names: { kind: 'Thing', plural: 'things' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: { size: { type: 'integer' }, color: { type: 'string' } },
              },
            },
          },
        },
      },
    ],
  },
});

export const volume = (): JsonObject => ({
  metadata: LABELS,
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Delete',
    storageClassName: 'none',
    hostPath: { path: '/tmp/none' },
  },
});

/** A request for a key that nobody has any more. */
const SIGNING: JsonObject = {
  signerName: 'example.com/none',
  usages: ['client auth'],
  request: [
    'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITE1ITUNBUUF3RVRFUE1BMEdBMVVFQXd3R2Jt',
    'OWliMlI1TUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowRApBUWNEUWdBRTB4NFc4Qk1HSFdSN1paTWxMVEFMQ1k1',
    'L0dLNDQrcVpkZitUMnQ2VkRrcmdsWFpSWFBDdDRQdXVMCjNlQmQ1V2tVdU44VnhnT2FxckM2ZzluQWR6dUN2YUFB',
    'TUFvR0NDcUdTTTQ5QkFNQ0EwZ0FNRVVDSUZYMTBXcUUKM0xzMVpJaEFwVXlrUW1IK2xyQUZwTzBVclVnM3pQSGg4',
    'OEFTQWlFQXBqUnNUdEtpQktRQ2ZCb05kQmsvcFluUgorUzh0aWdkK3U5RE82cGVYN09nPQotLS0tLUVORCBDRVJU',
    'SUZJQ0FURSBSRVFVRVNULS0tLS0K',
  ].join(''),
};

export const CLUSTER_WIDE: readonly KindSample[] = [
  {
    kind: 'Namespace',
    apiVersion: 'v1',
    manifest: () => ({ metadata: LABELS }),
    rows: { create: 'create-lasting', delete: 'delete-namespace' },
  },
  {
    kind: 'Node',
    apiVersion: 'v1',
    manifest: LAW_KINDS.Node.manifest,
    edit: { spec: { unschedulable: true } },
    existing: ['node-1', 'node-2'],
    rows: { edit: 'node' },
  },
  {
    kind: 'PersistentVolume',
    apiVersion: 'v1',
    manifest: volume,
    edit: { spec: { persistentVolumeReclaimPolicy: 'Retain' } },
    rows: { create: 'create-lasting', edit: 'volume-policy', delete: 'delete-volume-data' },
  },
  {
    kind: 'ClusterRole',
    apiVersion: RBAC,
    manifest: () => ({
      metadata: LABELS,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    }),
    edit: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'get'] }] },
  },
  {
    kind: 'ClusterRoleBinding',
    apiVersion: RBAC,
    manifest: () => ({
      metadata: LABELS,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [],
    }),
    edit: { subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }] },
  },
  {
    kind: 'IngressClass',
    apiVersion: 'networking.k8s.io/v1',
    manifest: () => ({ metadata: LABELS, spec: { controller: 'example.com/none' } }),
    edit: { spec: { parameters: { kind: 'Parameters', name: 'x' } } },
  },
  {
    kind: 'StorageClass',
    apiVersion: STORAGE,
    manifest: () => ({ metadata: LABELS, provisioner: 'example.com/none' }),
    edit: { allowVolumeExpansion: true },
  },
  {
    kind: 'CSIDriver',
    apiVersion: STORAGE,
    manifest: () => ({ metadata: LABELS, spec: { attachRequired: true } }),
    edit: { spec: { requiresRepublish: true } },
  },
  {
    kind: 'VolumeAttributesClass',
    apiVersion: STORAGE,
    manifest: () => ({ metadata: LABELS, driverName: 'example.com', parameters: { a: 'b' } }),
  },
  {
    kind: 'PriorityClass',
    apiVersion: 'scheduling.k8s.io/v1',
    manifest: () => ({ metadata: LABELS, value: 7 }),
    edit: { description: 'for the matrix' },
  },
  {
    kind: 'RuntimeClass',
    apiVersion: 'node.k8s.io/v1',
    manifest: () => ({ metadata: LABELS, handler: 'none' }),
    edit: { overhead: { podFixed: { cpu: '1m' } } },
  },
  {
    kind: 'ValidatingWebhookConfiguration',
    apiVersion: ADMISSION,
    manifest: () => ({ metadata: LABELS, webhooks: [hook(['CREATE'])] }),
    edit: { webhooks: [hook(['CREATE', 'UPDATE'])] },
  },
  {
    kind: 'MutatingWebhookConfiguration',
    apiVersion: ADMISSION,
    manifest: () => ({ metadata: LABELS, webhooks: [hook(['CREATE'])] }),
    edit: { webhooks: [hook(['CREATE', 'UPDATE'])] },
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    apiVersion: ADMISSION,
    manifest: () => ({
      metadata: LABELS,
      spec: { matchConstraints: matchNobody, validations: [{ expression: 'true' }] },
    }),
    edit: { spec: { failurePolicy: 'Ignore', validations: [{ expression: '1 == 1' }] } },
  },
  {
    kind: 'ValidatingAdmissionPolicyBinding',
    apiVersion: ADMISSION,
    manifest: () => ({
      metadata: LABELS,
      spec: { policyName: 'none', validationActions: ['Warn'] },
    }),
    edit: { spec: { validationActions: ['Audit'] } },
  },
  {
    kind: 'FlowSchema',
    apiVersion: FLOW,
    manifest: () => ({
      metadata: LABELS,
      spec: { priorityLevelConfiguration: { name: 'global-default' }, matchingPrecedence: 9_000 },
    }),
    edit: { spec: { matchingPrecedence: 9_500 } },
  },
  {
    kind: 'PriorityLevelConfiguration',
    apiVersion: FLOW,
    manifest: () => ({
      metadata: LABELS,
      spec: {
        type: 'Limited',
        limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } },
      },
    }),
    edit: { spec: { limited: { nominalConcurrencyShares: 2 } } },
  },
  {
    kind: 'DeviceClass',
    apiVersion: 'resource.k8s.io/v1',
    manifest: () => ({ metadata: LABELS, spec: {} }),
    edit: { spec: { selectors: [{ cel: { expression: 'true' } }] } },
  },
  {
    kind: 'CustomResourceDefinition',
    apiVersion: 'apiextensions.k8s.io/v1',
    manifest: definition,
    named: (name) => `things.${name}.example.com`,
    edit: { spec: { names: { shortNames: ['th'] } } },
    rows: { create: 'create-lasting', edit: 'definition', delete: 'delete-definition-empty' },
  },
  {
    kind: 'CertificateSigningRequest',
    apiVersion: 'certificates.k8s.io/v1',
    manifest: () => ({ metadata: LABELS, spec: SIGNING }),
    rows: { create: 'create-lasting', delete: 'delete-unknown' },
  },
];
