import type { JsonObject } from '../../../src/core/json.ts';
import { definition, volume } from './cluster-wide.ts';
import { of, spec, update, withMetadata, withSpec } from './special.ts';
import type { MatrixCase } from './types.ts';

const taint = (effect: string): JsonObject => ({ key: 'example.com/matrix', value: 'x', effect });
const node = (action: string, given: JsonObject) => ({
  tool: 'mitigate_node',
  args: { action, ...given },
});

/** One-way fields and the others that have a row of their own. */
export const FIELDS: readonly MatrixCase[] = [
  ...['ConfigMap', 'Secret'].map((kind) =>
    update('immutable', { row: 'immutable', sample: of(kind), patch: { immutable: true } }),
  ),
  update('owner references', {
    row: 'update-owners',
    sample: of('ConfigMap'),
    patch: {
      metadata: {
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: 'none' }],
      },
    },
  }),
  update('a finalizer less', {
    row: 'update-finalizer-removed',
    sample: withMetadata('ConfigMap', { finalizers: ['example.com/matrix'] }),
    patch: { metadata: { finalizers: null } },
  }),
  update('a finalizer more', {
    row: 'update-restorable',
    sample: of('ConfigMap'),
    patch: { metadata: { finalizers: ['example.com/matrix'] } },
  }),
  {
    ...{ name: 'create ConfigMap: with finalizers', verb: 'create', row: 'create-finalizers' },
    sample: withMetadata('ConfigMap', { finalizers: ['example.com/matrix'] }),
  },
  {
    ...{ name: 'delete PersistentVolumeClaim: bound', row: 'delete-claim-data', verb: 'delete' },
    sample: withSpec('PersistentVolumeClaim', { storageClassName: 'matrix-grows' }),
    beside: grows,
    ready: 'bound',
  },
  {
    ...{ name: 'delete PersistentVolume: kept', row: 'delete-volume-kept', verb: 'delete' },
    sample: withSpec('PersistentVolume', { persistentVolumeReclaimPolicy: 'Retain' }),
  },
  {
    ...{ name: 'delete Pod: with emptyDir', row: 'delete-pod-state', verb: 'delete' },
    sample: withSpec('Pod', { volumes: [{ name: 'tmp', emptyDir: {} }] }),
    ready: 'at rest',
  },
  update('size of a bound claim', {
    row: 'claim-spec',
    sample: withSpec('PersistentVolumeClaim', { storageClassName: 'matrix-grows' }),
    beside: grows,
    patch: spec({ resources: { requests: { storage: '2Gi' } } }),
    ready: 'bound',
  }),
  update('reclaim policy Delete', {
    row: 'volume-reclaimed',
    sample: withSpec('PersistentVolume', { persistentVolumeReclaimPolicy: 'Retain' }),
    patch: spec({ persistentVolumeReclaimPolicy: 'Delete' }),
  }),
  update('capacity', {
    row: 'volume-spec',
    sample: of('PersistentVolume'),
    patch: spec({ capacity: { storage: '2Gi' } }),
  }),
  update('ClusterIP to ExternalName', {
    row: 'service-address',
    sample: of('Service'),
    patch: spec({
      type: 'ExternalName',
      externalName: 'a.example',
      clusterIP: null,
      clusterIPs: null,
    }),
  }),
  update('LoadBalancer to ClusterIP', {
    row: 'service-load-balancer',
    sample: withSpec('Service', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false }),
    patch: spec({ type: 'ClusterIP', allocateLoadBalancerNodePorts: null }),
  }),
  update('first selector', {
    row: 'service-first-selector',
    sample: withSpec('Service', { selector: {} }),
    patch: spec({ selector: { app: 'nobody' } }),
  }),
  update('aggregation', {
    row: 'role-aggregated',
    sample: of('ClusterRole'),
    patch: { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { app: 'nothing' } }] } },
  }),
  update('kept by a controller', {
    row: 'endpoints-of-controller',
    sample: { ...of('EndpointSlice'), manager: 'kube-controller-manager' },
    patch: { endpoints: [{ addresses: ['192.0.2.9'] }] },
  }),
  update('NoExecute taint', {
    row: 'node-evicts',
    sample: of('Node'),
    call: node('taint', { taint: taint('NoExecute') }),
  }),
  update('NoExecute taint less', {
    row: 'node-welcomes',
    sample: of('Node'),
    before: [spec({ taints: [taint('NoExecute')] })],
    call: node('untaint', { taint: { key: 'example.com/matrix' } }),
    after: [spec({ taints: null })],
  }),
  update('NoSchedule taint', {
    row: 'node',
    sample: of('Node'),
    call: node('taint', { taint: taint('NoSchedule') }),
  }),
  update('podCIDR', {
    row: 'node-spec',
    sample: of('Node'),
    patch: spec({ providerID: 'example://matrix' }),
  }),
  update('a version less', {
    row: 'definition-narrowed',
    sample: of('CustomResourceDefinition'),
    patch: spec({ versions: narrow() }),
  }),
  update('a property more', {
    row: 'definition-widened',
    sample: of('CustomResourceDefinition'),
    patch: spec({ versions: wide() }),
  }),
];

function versions(properties: JsonObject): JsonObject[] {
  const [version] = (definition('things.x').spec as JsonObject).versions as JsonObject[];
  const schema = {
    openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
  };
  return [{ ...version, schema }];
}

function narrow(): JsonObject[] {
  return versions({ size: { type: 'integer' } });
}

function wide(): JsonObject[] {
  const kept: JsonObject = { size: { type: 'integer' }, color: { type: 'string' } };
  return versions({ ...kept, shape: { type: 'string' } });
}

/** A class whose claims may grow, and a volume of it. */
function grows(name: string): JsonObject[] {
  return [
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'matrix-grows' },
      provisioner: 'example.com/none',
      allowVolumeExpansion: true,
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: { ...(volume().spec as JsonObject), storageClassName: 'matrix-grows' },
    },
  ];
}
