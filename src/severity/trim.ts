import { isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

/** Field names, each with the part of its value that is kept; `true` keeps all of it. */
interface Shape {
  readonly [field: string]: true | Shape;
}

const METADATA: Shape = {
  name: true,
  namespace: true,
  uid: true,
  resourceVersion: true,
  generation: true,
  labels: true,
  creationTimestamp: true,
  deletionTimestamp: true,
  ownerReferences: { apiVersion: true, kind: true, name: true, uid: true, controller: true },
};

const CONTAINER_STATUS: Shape = { name: true, restartCount: true, state: true, lastState: true };

/** Where a kind is large, what the rules read of it; of the others all but the metadata is kept. */
const SHAPES: Readonly<Record<string, Shape>> = {
  Pod: {
    spec: {
      restartPolicy: true,
      containers: { name: true, ports: true },
      initContainers: { name: true, ports: true, restartPolicy: true },
      volumes: { persistentVolumeClaim: true },
    },
    status: {
      phase: true,
      reason: true,
      message: true,
      podIP: true,
      conditions: {
        type: true,
        status: true,
        reason: true,
        message: true,
        lastTransitionTime: true,
      },
      initContainerStatuses: CONTAINER_STATUS,
      containerStatuses: CONTAINER_STATUS,
    },
  },
  ReplicaSet: {
    spec: {
      replicas: true,
      minReadySeconds: true,
      template: {
        spec: {
          containers: { name: true },
          initContainers: { name: true, restartPolicy: true },
        },
      },
    },
    status: true,
  },
  Event: { type: true, reason: true, message: true, involvedObject: true },
};

/**
 * What severity looks at, as a copy: no managed fields, no annotations, of pods neither
 * environment nor mounts. A rule that reads more of a pod has to add it here.
 */
export function trimmed(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  const shape = SHAPES[kind];
  const body = shape === undefined ? rest : (part(rest, shape) as JsonObject);
  return {
    apiVersion,
    kind,
    metadata: part(metadata, METADATA) as KubeObject['metadata'],
    ...body,
  };
}

function part(value: Json, shape: Shape): Json {
  if (Array.isArray(value)) return value.map((it) => part(it, shape));
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const field in shape) {
    const inner = value[field];
    const wanted = shape[field];
    if (inner === undefined || wanted === undefined) continue;
    kept[field] = wanted === true ? inner : part(inner, wanted);
  }
  return kept;
}
