import {
  equalJson,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { matchesPairs } from '../rules/selector.ts';
import type { Change } from '../store.ts';
import { type Client, ownedBy, ownerReference } from './client.ts';
import type { Controller } from './loop.ts';
import { isDeleting, isFinished, isReady, keyOf, ownerKeys, specOf, splitKey } from './pods.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';

/** Keeps the EndpointSlices of Services with a selector. */
export function endpointSliceController(client: Client): Controller {
  return {
    concerns: (change) => concerns(client, change),
    reconcile(key) {
      const service = client.get('Service', ...splitKey(key));
      if (service === undefined || isDeleting(service)) return undefined;
      const selector = objectOf(specOf(service).selector);
      if (Object.keys(selector).length === 0) return undefined;
      const pods = client
        .list('Pod', service.metadata.namespace)
        .filter((pod) => matchesPairs(selector, objectOf(pod.metadata.labels)))
        .filter((pod) => !isFinished(pod) && objectOf(pod.status).podIP !== undefined);
      reconcile(client, service, pods);
      return undefined;
    },
  };
}

function concerns(client: Client, { kind, object, before }: Change): string[] {
  if (kind.kind === 'Service') return [keyOf(object)];
  if (kind.kind === 'EndpointSlice') return ownerKeys(object, 'Service');
  if (kind.kind !== 'Pod') return [];
  const labels = [object, before].flatMap((it) =>
    it === undefined ? [] : [objectOf(it.metadata.labels)],
  );
  return client
    .list('Service', object.metadata.namespace)
    .filter((it) => labels.some((one) => matchesPairs(objectOf(specOf(it).selector), one)))
    .map(keyOf);
}

/** Pods that resolve the Service's ports alike stand in one slice. */
function reconcile(client: Client, service: KubeObject, pods: readonly KubeObject[]): void {
  const groups = new Map<string, { ports: JsonObject[]; endpoints: JsonObject[] }>();
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(endpointOf(pod, service));
    groups.set(key, group);
  }
  const first = { ports: [] as JsonObject[], endpoints: [] as JsonObject[] };
  const wanted = groups.size === 0 ? [first] : [...groups.values()];
  const slices = ownedBy(client, 'EndpointSlice', service).filter((it) => !isDeleting(it));
  const left = [...slices];
  for (const group of wanted) {
    const same = left.findIndex((it) => equalJson(it.ports ?? [], group.ports));
    const at = same >= 0 ? same : left.findIndex((it) => !matchesAny(it, wanted));
    const [slice] = at < 0 ? [] : left.splice(at, 1);
    write(client, service, slice, group);
  }
  for (const slice of left) client.remove(slice);
}

function matchesAny(slice: KubeObject, groups: readonly { ports: JsonObject[] }[]): boolean {
  return groups.some((group) => equalJson(slice.ports ?? [], group.ports));
}

function write(
  client: Client,
  service: KubeObject,
  slice: KubeObject | undefined,
  { ports, endpoints }: { readonly ports: JsonObject[]; readonly endpoints: JsonObject[] },
): void {
  const { name, namespace } = service.metadata;
  const labels: JsonObject = {
    ...objectOf(service.metadata.labels),
    [MANAGED_BY]: 'endpointslice-controller.k8s.io',
    [SERVICE_NAME]: name,
    ...(specOf(service).clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}),
  };
  if (slice === undefined) {
    client.create('EndpointSlice', namespace, {
      metadata: {
        generateName: `${name}-`,
        labels,
        annotations: {
          'endpoints.kubernetes.io/last-change-trigger-time': client.machine.timestamp(),
        },
        ownerReferences: [ownerReference(service)],
      },
      addressType: 'IPv4',
      endpoints,
      ports,
    });
    return;
  }
  const same =
    equalJson(sorted(slice.endpoints), sorted(endpoints)) &&
    equalJson(slice.ports ?? [], ports) &&
    equalJson(slice.metadata.labels ?? {}, labels);
  if (same) return;
  client.update({
    ...slice,
    metadata: { ...slice.metadata, labels: labels as Record<string, string> },
    endpoints,
    ports,
  });
}

function sorted(endpoints: Json | undefined): JsonObject[] {
  const name = (it: JsonObject) => String(objectOf(it.targetRef).name);
  return objectsOf(endpoints).sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

function endpointOf(pod: KubeObject, service: KubeObject): JsonObject {
  const { name, namespace, uid } = pod.metadata;
  const serving = isReady(pod);
  const terminating = isDeleting(pod);
  const always = specOf(service).publishNotReadyAddresses === true;
  const { nodeName, hostname, subdomain } = specOf(pod);
  const named = typeof hostname === 'string' && subdomain === service.metadata.name;
  return {
    addresses: [stringOf(objectOf(pod.status).podIP) ?? ''],
    conditions: { ready: always || (serving && !terminating), serving, terminating },
    ...(named ? { hostname } : {}),
    nodeName,
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** The Service's ports as this pod has them; one that it names but the pod doesn't have is left out. */
function portsOf(service: KubeObject, pod: KubeObject): JsonObject[] {
  const containers = objectsOf(specOf(pod).containers);
  const named = containers.flatMap((it) => objectsOf(it.ports));
  return objectsOf(specOf(service).ports).flatMap((port): JsonObject[] => {
    const { targetPort, protocol } = port;
    const found =
      typeof targetPort === 'string'
        ? named.find((it) => it.name === targetPort && it.protocol === protocol)?.containerPort
        : targetPort;
    if (found === undefined) return [];
    const { appProtocol } = port;
    return [
      {
        name: stringOf(port.name) ?? '',
        port: found,
        protocol,
        ...(appProtocol === undefined ? {} : { appProtocol }),
      },
    ];
  });
}
