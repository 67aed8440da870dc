import { type JsonObject, numberOf, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { Client } from '../controllers/client.ts';
import type { World } from '../pod-rules/index.ts';

/** Answers from running pods. */
export interface Peers {
  /** The value of a variable of those with these labels. */
  variable(namespace: string, selector: JsonObject, variable: string): string | undefined;
  /** Whether the pod accepts connections on that port; undefined for one that does not run here. */
  listens(uid: string, port: number): boolean | undefined;
}

/** What pods meet, straight from the stored objects. There is no RBAC: accounts may do everything. */
export function worldOf(client: Client, peers: Peers): World {
  return {
    configMap(namespace, name) {
      const object = client.get('ConfigMap', namespace, name);
      return object && { ...decoded(object.binaryData), ...texts(object.data) };
    },
    secret(namespace, name) {
      const object = client.get('Secret', namespace, name);
      return object && decoded(object.data);
    },
    service(namespace, name) {
      const object = client.get('Service', namespace, name);
      if (object === undefined) return undefined;
      const { ports, selector } = objectOf(object.spec);
      const all = objectsOf(ports);
      // Who keeps the endpoints of a Service without a selector by hand knows who answers there.
      const isKept = Object.keys(objectOf(selector)).length === 0;
      const refusing = all.filter((it) => !isKept && !answers(client, object, it, peers));
      return { ports: numbers(all), refusing: numbers(refusing) };
    },
    claimExists: (namespace, name) =>
      client.get('PersistentVolumeClaim', namespace, name) !== undefined,
    peerVariable(namespace, name, variable) {
      const service = client.get('Service', namespace, name);
      const selector = objectOf(objectOf(service?.spec).selector);
      if (Object.keys(selector).length === 0) return undefined;
      return peers.variable(namespace, selector, variable);
    },
    accessAllowed: () => true,
  };
}

function numbers(ports: readonly JsonObject[]): number[] {
  return ports.flatMap((it) => numberOf(it.port) ?? []);
}

/** Whether a ready endpoint listens behind that port of the Service. */
function answers(
  client: Client,
  { metadata }: KubeObject,
  { name = '' }: JsonObject,
  peers: Peers,
): boolean {
  const slices = client
    .list('EndpointSlice', metadata.namespace)
    .filter((it) => it.metadata.labels?.['kubernetes.io/service-name'] === metadata.name);
  return slices.some((slice) => {
    const port = objectsOf(slice.ports).find((it) => (it.name ?? '') === name);
    const target = numberOf(port?.port);
    if (target === undefined) return false;
    return objectsOf(slice.endpoints).some((endpoint) => {
      if (objectOf(endpoint.conditions).ready === false) return false;
      const uid = stringOf(objectOf(endpoint.targetRef).uid) ?? '';
      return peers.listens(uid, target) ?? true;
    });
  });
}

function texts(data: JsonObject[string]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf(data)).map(([key, value]) => [key, String(value)]),
  );
}

function decoded(data: JsonObject[string]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts(data)).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
  );
}
