import { type JsonObject, numberOf, objectOf, objectsOf } from '../../core/json.ts';
import type { Client } from '../controllers/client.ts';
import type { World } from '../pod-rules/index.ts';

/** Answers from running pods: the value of a variable of those with these labels. */
export type PeerLookup = (
  namespace: string,
  selector: JsonObject,
  variable: string,
) => string | undefined;

/** What pods meet, straight from the stored objects. There is no RBAC: accounts may do everything. */
export function worldOf(client: Client, peers: PeerLookup): World {
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
      const ports = objectsOf(objectOf(object?.spec).ports);
      return object && { ports: ports.flatMap((it) => numberOf(it.port) ?? []) };
    },
    claimExists: (namespace, name) =>
      client.get('PersistentVolumeClaim', namespace, name) !== undefined,
    peerVariable(namespace, name, variable) {
      const service = client.get('Service', namespace, name);
      const selector = objectOf(objectOf(service?.spec).selector);
      if (Object.keys(selector).length === 0) return undefined;
      return peers(namespace, selector, variable);
    },
    accessAllowed: () => true,
  };
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
