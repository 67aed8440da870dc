import type { Json, JsonObject } from '../../src/core/json.ts';

/** A kind of the law: how an object of it is there, and a change of it by each free tool. */
export interface LawKind {
  readonly apiVersion: string;
  readonly clusterScoped?: true;
  /** What creates one of that name. */
  manifest(name: string): JsonObject;
  /** Written by another manager after that: a second revision for those that have a history. */
  readonly later?: JsonObject;
  readonly edits: {
    readonly strategic: JsonObject;
    readonly merge: JsonObject;
    readonly json: readonly JsonObject[];
    /** No field of it is owned by another manager. */
    readonly apply: JsonObject;
  };
}

/** A Deployment without replicas. */
export const PARKED = 'parked';

const METADATA = { labels: { app: 'law', drop: 'me' }, annotations: { 'example.com/note': 'x' } };

const template = (name: string): JsonObject => ({
  metadata: { labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'web',
        image: 'local/web:1',
        ports: [{ name: 'http', containerPort: 8080 }],
        env: [
          { name: 'LEVEL', value: 'info' },
          { name: 'MODE', value: 'fast' },
        ],
      },
    ],
  },
});
const workload =
  (spec: JsonObject) =>
  (name: string): JsonObject => ({
    metadata: METADATA,
    spec: { selector: { matchLabels: { app: name } }, template: template(name), ...spec },
  });
const LATER = { spec: { template: { metadata: { annotations: { version: '2' } } } } };
const container = (fields: JsonObject): JsonObject => ({
  template: { spec: { containers: [{ name: 'web', ...fields }] } },
});
const MORE = container({ env: [{ name: 'MORE', value: 'x' }] });
const replace = (path: string, value: Json): JsonObject => ({ op: 'replace', path, value });
const spec = (fields: JsonObject): JsonObject => ({ spec: fields });

const rule = (verbs: string[]): JsonObject => ({
  apiGroups: [''],
  resources: ['configmaps'],
  verbs,
});
const route = (host: string): JsonObject => ({
  host,
  http: {
    paths: [
      {
        path: '/',
        pathType: 'Prefix',
        backend: { service: { name: 'service', port: { number: 80 } } },
      },
    ],
  },
});

const KINDS = {
  Deployment: {
    apiVersion: 'apps/v1',
    manifest: workload({ replicas: 2 }),
    later: LATER,
    edits: {
      strategic: spec(MORE),
      merge: spec({ strategy: { rollingUpdate: { maxSurge: 2 } }, progressDeadlineSeconds: 300 }),
      json: [replace('/spec/replicas', 3)],
      apply: spec(MORE),
    },
  },
  StatefulSet: {
    apiVersion: 'apps/v1',
    manifest: workload({ replicas: 2, serviceName: 'law' }),
    later: LATER,
    edits: {
      strategic: spec(MORE),
      merge: spec({ updateStrategy: { rollingUpdate: { partition: 1 } } }),
      json: [replace('/spec/replicas', 3)],
      apply: spec({ minReadySeconds: 1 }),
    },
  },
  DaemonSet: {
    apiVersion: 'apps/v1',
    manifest: workload({}),
    later: LATER,
    edits: {
      strategic: spec(MORE),
      merge: spec({ updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } }),
      json: [replace('/spec/template/spec/containers/0/env/0/value', 'debug')],
      apply: spec({ minReadySeconds: 1 }),
    },
  },
  Service: {
    apiVersion: 'v1',
    manifest: () => ({
      metadata: METADATA,
      spec: {
        selector: { app: 'deployment' },
        ports: [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: 'dns', port: 80, protocol: 'UDP', targetPort: 8053 },
        ],
      },
    }),
    edits: {
      strategic: spec({ sessionAffinity: 'ClientIP', publishNotReadyAddresses: true }),
      merge: spec({ type: 'NodePort' }),
      json: [replace('/spec/ports/0/targetPort', 'http')],
      apply: spec({ ports: [{ name: 'more', port: 90, protocol: 'TCP', targetPort: 8080 }] }),
    },
  },
  ConfigMap: {
    apiVersion: 'v1',
    manifest: () => ({ metadata: METADATA, data: { mode: 'fast', 'a.b': '' } }),
    edits: {
      strategic: { data: { mode: 'slow' }, binaryData: { b: 'AAE=' } },
      merge: { data: { mode: null, added: 'x' } },
      json: [replace('/data', { other: 'x' })],
      apply: { data: { applied: 'x' } },
    },
  },
  Secret: {
    apiVersion: 'v1',
    manifest: () => ({ metadata: METADATA, type: 'Opaque', data: { user: 'YQ==', mode: 'Yg==' } }),
    edits: {
      strategic: { stringData: { user: 'b' } },
      merge: { data: { user: null, added: 'YQ==' } },
      json: [{ op: 'remove', path: '/data/mode' }],
      apply: { data: { applied: 'YQ==' } },
    },
  },
  Ingress: {
    apiVersion: 'networking.k8s.io/v1',
    manifest: () => ({ metadata: METADATA, spec: { rules: [route('a.example')] } }),
    edits: {
      strategic: spec({ tls: [{ hosts: ['a.example'], secretName: 'secret' }] }),
      merge: spec({ rules: [route('b.example'), route('a.example')] }),
      json: [{ op: 'add', path: '/spec/rules/0', value: route('c.example') }],
      apply: spec({ ingressClassName: 'some' }),
    },
  },
  NetworkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    manifest: () => ({
      metadata: METADATA,
      spec: {
        podSelector: { matchLabels: { app: 'nobody' } },
        policyTypes: ['Ingress'],
        ingress: [{ ports: [{ port: 8080 }] }],
      },
    }),
    edits: {
      strategic: spec({ podSelector: { matchLabels: { tier: 'db' } } }),
      merge: spec({ ingress: null, policyTypes: ['Ingress', 'Egress'] }),
      json: [replace('/spec/ingress/0/ports/0/port', 'http')],
      apply: spec({ egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] }),
    },
  },
  HorizontalPodAutoscaler: {
    apiVersion: 'autoscaling/v2',
    // It stands still, because its target runs nothing.
    manifest: () => ({
      metadata: METADATA,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: PARKED },
        minReplicas: 2,
        maxReplicas: 4,
      },
    }),
    edits: {
      strategic: spec({ maxReplicas: 5 }),
      merge: spec({ minReplicas: null }),
      json: [replace('/spec/minReplicas', 3)],
      apply: spec({ behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } }),
    },
  },
  PodDisruptionBudget: {
    apiVersion: 'policy/v1',
    manifest: () => ({
      metadata: METADATA,
      spec: { minAvailable: 0, selector: { matchLabels: { app: 'nobody' } } },
    }),
    edits: {
      strategic: spec({ minAvailable: '50%' }),
      merge: spec({ minAvailable: null, maxUnavailable: 1 }),
      json: [replace('/spec/selector/matchLabels/app', 'somebody')],
      apply: spec({ unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
    },
  },
  CronJob: {
    apiVersion: 'batch/v1',
    manifest: (name) => ({
      metadata: METADATA,
      spec: {
        schedule: '0 0 1 1 *',
        suspend: true,
        jobTemplate: {
          spec: {
            template: { ...template(name), spec: { ...runOnce(name) } },
          },
        },
      },
    }),
    edits: {
      strategic: spec({ jobTemplate: { spec: MORE } }),
      merge: spec({ schedule: '30 0 1 1 *', timeZone: 'Europe/Berlin' }),
      json: [replace('/spec/concurrencyPolicy', 'Forbid')],
      apply: spec({ startingDeadlineSeconds: 60 }),
    },
  },
  Role: {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    manifest: () => ({ metadata: METADATA, rules: [rule(['get'])] }),
    edits: {
      strategic: { rules: [rule(['list'])] },
      merge: { rules: null },
      json: [{ op: 'add', path: '/rules/0/verbs/-', value: 'watch' }],
      apply: { metadata: { annotations: { 'example.com/applied': 'x' } } },
    },
  },
  Widget: {
    apiVersion: 'undo.example.com/v1',
    manifest: () => ({
      metadata: METADATA,
      spec: { tags: ['a', 'b'], parts: [{ id: 'x', zone: 'eu' }], nested: { one: { a: '1' } } },
    }),
    edits: {
      strategic: spec({ note: 'x' }),
      merge: spec({ nested: { one: null, two: { b: '2' } }, args: ['-v'] }),
      json: [{ op: 'add', path: '/spec/parts/0', value: { id: 'y', zone: 'us' } }],
      apply: spec({ tags: ['c'], parts: [{ id: 'z', zone: 'eu' }] }),
    },
  },
  Node: {
    apiVersion: 'v1',
    clusterScoped: true,
    manifest: () => ({ metadata: METADATA, spec: {} }),
    // So that the list of taints has an owner before us.
    later: {
      metadata: METADATA,
      spec: { taints: [{ key: 'example.com/law', value: 'x', effect: 'PreferNoSchedule' }] },
    },
    edits: {
      strategic: spec({ taints: [{ key: 'example.com/other', effect: 'PreferNoSchedule' }] }),
      merge: spec({ taints: null, unschedulable: true }),
      json: [replace('/spec/taints/0/value', 'y')],
      apply: { metadata: { labels: { 'example.com/applied': 'x' } } },
    },
  },
} satisfies Readonly<Record<string, LawKind>>;

export type KindName = keyof typeof KINDS;
export const LAW_KINDS: Readonly<Record<KindName, LawKind>> = KINDS;
export const KIND_NAMES = Object.keys(LAW_KINDS) as KindName[];

function runOnce(name: string): JsonObject {
  return {
    restartPolicy: 'Never',
    containers: [{ name: 'web', image: 'local/web:1', args: [name] }],
  };
}
