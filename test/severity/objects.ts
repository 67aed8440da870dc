import type { Json, JsonObject } from '../../src/core/json.ts';
import type { KubeObject } from '../../src/core/kube.ts';
import { WATCHED_KINDS } from '../../src/severity/kinds.ts';
import { measureSnapshot } from '../../src/severity/measure.ts';
import type { Measurement, SeveritySettings, Snapshot, Unknown } from '../../src/severity/types.ts';

/** The moment of all snapshots here; objects are an hour old unless said otherwise. */
export const NOW = Date.parse('2026-01-01T12:00:00Z');

/** A timestamp that many seconds before NOW. */
export const ago = (seconds: number): string =>
  new Date(NOW - seconds * 1000).toISOString().replace('.000Z', 'Z');

export const SETTINGS: SeveritySettings = {
  weights: {},
  outside: 'abort',
  settle: {
    timeoutSeconds: 120,
    samples: 3,
    stableSeconds: 30,
    minPodAgeSeconds: 20,
    graceSeconds: 15,
  },
};

const API_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
};

/** Any object in namespace shop; what `parts` says wins. */
export function object(kind: string, name: string, parts: JsonObject = {}): KubeObject {
  const { metadata, ...rest } = parts;
  return {
    apiVersion: API_VERSIONS[kind] ?? 'v1',
    kind,
    ...rest,
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${kind}-${name}`.toLowerCase(),
      creationTimestamp: ago(3600),
      ...(metadata as JsonObject | undefined),
    },
  };
}

/** An object without a namespace. */
export function clusterObject(kind: string, name: string, parts: JsonObject = {}): KubeObject {
  const { namespace, ...metadata } = object(kind, name, parts).metadata;
  return { ...object(kind, name, parts), metadata: { ...metadata, name } };
}

export const ownedBy = (kind: string, name: string): JsonObject => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: 'u', controller: true }],
});

export const condition = (type: string, status: string, reason = '', message = ''): JsonObject => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(600),
});

export interface AppOptions {
  readonly replicas?: number;
  readonly available?: number;
  /** Container status of its pods, or of the first `broken` of them. */
  readonly container?: JsonObject;
  readonly broken?: number;
  readonly pod?: JsonObject;
  readonly env?: Json[];
  readonly conditions?: JsonObject[];
}

/** A Deployment with its ReplicaSet, pods, Service and EndpointSlice, healthy unless said otherwise. */
export function app(name: string, options: AppOptions = {}): KubeObject[] {
  const { replicas = 2, broken = replicas } = options;
  const isBroken = options.container !== undefined || options.pod !== undefined;
  const pods = Array.from({ length: replicas }, (_, index) =>
    appPod(name, index, isBroken && index < broken ? options : {}),
  );
  const available = options.available ?? pods.filter(isHealthy).length;
  const status = {
    observedGeneration: 1,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: available,
    availableReplicas: available,
  };
  const container = { name: 'web', ports: [{ containerPort: 8080 }], env: options.env ?? [] };
  return [
    object('Deployment', name, {
      metadata: { generation: 1 },
      spec: { replicas, template: { spec: { containers: [container] } } },
      status: {
        ...status,
        conditions: options.conditions ?? [
          condition('Progressing', 'True', 'NewReplicaSetAvailable'),
        ],
      },
    }),
    object('ReplicaSet', `${name}-5d9f`, {
      metadata: { ...ownedBy('Deployment', name), labels: { app: name }, generation: 1 },
      spec: { replicas },
      status,
    }),
    ...pods,
    service(name),
    slice(name, pods),
  ];
}

export function appPod(name: string, index: number, options: AppOptions = {}): KubeObject {
  const running = { state: { running: { startedAt: ago(3500) } }, ready: true, restartCount: 0 };
  const status = { name: 'web', ...(options.container ?? running) };
  const ready = options.container === undefined && options.pod === undefined;
  return object('Pod', `${name}-5d9f-${index}`, {
    metadata: {
      ...ownedBy('ReplicaSet', `${name}-5d9f`),
      labels: { app: name, 'pod-template-hash': '5d9f' },
    },
    spec: {
      restartPolicy: 'Always',
      containers: [{ name: 'web', ports: [{ containerPort: 8080 }] }],
    },
    status: {
      phase: 'Running',
      podIP: `10.0.0.${index + 1}`,
      conditions: [condition('PodScheduled', 'True'), condition('Ready', ready ? 'True' : 'False')],
      containerStatuses: [status],
      ...options.pod,
    },
  });
}

function isHealthy(pod: KubeObject): boolean {
  return JSON.stringify(pod.status).includes('"type":"Ready","status":"True"');
}

export function service(name: string, spec: JsonObject = {}): KubeObject {
  return object('Service', name, {
    spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  });
}

export function slice(name: string, pods: readonly KubeObject[]): KubeObject {
  return object('EndpointSlice', `${name}-abc`, {
    metadata: { labels: { 'kubernetes.io/service-name': name } },
    ports: [{ port: 8080 }],
    endpoints: pods.map((pod) => ({
      conditions: { ready: isHealthy(pod) },
      targetRef: { kind: 'Pod', name: pod.metadata.name },
    })),
  });
}

export const waiting = (reason: string): JsonObject => ({
  state: { waiting: { reason } },
  restartCount: 0,
});

export interface SnapshotOptions {
  readonly namespaces?: readonly string[] | 'all';
  readonly unknowns?: readonly Unknown[];
  readonly at?: number;
}

export function snapshot(objects: readonly KubeObject[], options: SnapshotOptions = {}): Snapshot {
  const { namespaces = ['shop'], unknowns = [], at = NOW } = options;
  const lists: Record<string, KubeObject[]> = {};
  for (const { kind } of WATCHED_KINDS) lists[kind] = [];
  for (const item of objects) lists[item.kind]?.push(item);
  return { at, scope: { namespaces }, objects: lists, unknowns };
}

export function measured(
  objects: readonly KubeObject[],
  options: SnapshotOptions = {},
): Measurement {
  return measureSnapshot(snapshot(objects, options), SETTINGS);
}

export function ids(objects: readonly KubeObject[], options: SnapshotOptions = {}): string[] {
  return measured(objects, options)
    .violations.map((it) => it.id)
    .sort();
}

/** A copy with some fields of one object replaced. */
export function changed(
  objects: readonly KubeObject[],
  kind: string,
  name: string,
  parts: JsonObject,
): KubeObject[] {
  return objects.map((it) =>
    it.kind === kind && it.metadata.name === name ? { ...it, ...parts } : it,
  );
}

export function without(objects: readonly KubeObject[], kind: string, name: string): KubeObject[] {
  return objects.filter((it) => it.kind !== kind || it.metadata.name !== name);
}
