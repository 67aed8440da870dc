import { cloneJson, isObject, type JsonObject, objectOf } from '../../core/json.ts';

/**
 * What the API server writes of an object with nothing in it: structs that are never left out, and
 * numbers that are given though 0. New objects get these, and the first owner's fields are those
 * that differ from it.
 */
export function skeletonOf(kind: string): JsonObject {
  return cloneJson(SKELETONS[kind] ?? {});
}

const template = { metadata: {}, spec: { containers: null } };
const PORT = { kubeletEndpoint: { Port: 0 } };
const NODE_INFO = {
  architecture: '',
  bootID: '',
  containerRuntimeVersion: '',
  kernelVersion: '',
  kubeProxyVersion: '',
  kubeletVersion: '',
  machineID: '',
  operatingSystem: '',
  osImage: '',
  systemUUID: '',
};

const SKELETONS: Readonly<Record<string, JsonObject>> = {
  Pod: { spec: { containers: null }, status: {} },
  Node: { spec: {}, status: { daemonEndpoints: PORT, nodeInfo: NODE_INFO } },
  Namespace: { spec: {}, status: {} },
  Service: { spec: {}, status: { loadBalancer: {} } },
  PersistentVolume: { spec: {}, status: {} },
  PersistentVolumeClaim: { spec: { resources: {} }, status: {} },
  ResourceQuota: { spec: {}, status: {} },
  Event: {
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
  },
  Deployment: { spec: { selector: null, strategy: {}, template }, status: {} },
  ReplicaSet: { spec: { selector: null, template }, status: { replicas: 0 } },
  StatefulSet: {
    spec: { selector: null, template, updateStrategy: {} },
    status: { availableReplicas: 0, replicas: 0 },
  },
  DaemonSet: {
    spec: { selector: null, template, updateStrategy: {} },
    status: {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    },
  },
  ControllerRevision: { revision: 0 },
  Job: { spec: { template }, status: {} },
  PodDisruptionBudget: {
    spec: {},
    status: { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 },
  },
  Ingress: { spec: {}, status: { loadBalancer: {} } },
  NetworkPolicy: { spec: { podSelector: {} } },
  Lease: { spec: {} },
  EndpointSlice: { addressType: '', endpoints: null, ports: null },
  StorageClass: { provisioner: '' },
  PriorityClass: { value: 0 },
};

/** The object with everything of the skeleton that it lacks. */
export function withSkeleton(kind: string, object: JsonObject): JsonObject {
  return over(skeletonOf(kind), object);
}

function over(base: JsonObject, object: JsonObject): JsonObject {
  const result: JsonObject = { ...object };
  for (const [name, value] of Object.entries(base)) {
    if (isObject(value)) result[name] = over(value, objectOf(result[name]));
    else if (result[name] === undefined) result[name] = value;
  }
  return result;
}
