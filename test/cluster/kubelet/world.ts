import type { World } from '../../../src/simulation/pod-rules/index.ts';
import { accessReviews } from './access.ts';
import type { Api } from './api.ts';
import { Endpoints } from './endpoints.ts';
import { type ApiObject, Reflector } from './reflector.ts';

interface ConfigMapObject extends ApiObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

interface SecretObject extends ApiObject {
  readonly data?: Readonly<Record<string, string>>;
}

interface ServiceObject extends ApiObject {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  };
}

/** What the pods that run now answer. */
export interface Peers {
  peerVariable(
    namespace: string,
    selector: Readonly<Record<string, string>>,
    variable: string,
  ): string | undefined;
  listens(uid: string, port: number): boolean | undefined;
}

/** The objects of one kind by `namespace/name`, kept up to date by a watch. */
class Store<T extends ApiObject> {
  readonly #objects = new Map<string, T>();
  readonly #reflector: Reflector<T>;

  constructor(api: Api, path: string, changed: () => void) {
    this.#reflector = new Reflector<T>(api, path, '', {
      replaced: (items) => {
        this.#objects.clear();
        for (const item of items) this.#objects.set(keyOf(item), item);
        changed();
      },
      changed: (item) => {
        this.#objects.set(keyOf(item), item);
        changed();
      },
      deleted: (item) => {
        this.#objects.delete(keyOf(item));
        changed();
      },
    });
  }

  start(): Promise<void> {
    return this.#reflector.start();
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }
}

function keyOf({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/**
 * Starts the watches that answer for a pod's world.
 * @param servicesChanged called after each change of a Service or of its endpoints.
 */
export async function startWorld(
  api: Api,
  peers: Peers,
  servicesChanged: () => void,
): Promise<World> {
  const nothing = (): void => {};
  const configMaps = new Store<ConfigMapObject>(api, '/api/v1/configmaps', nothing);
  const secrets = new Store<SecretObject>(api, '/api/v1/secrets', nothing);
  const services = new Store<ServiceObject>(api, '/api/v1/services', servicesChanged);
  const claims = new Store<ApiObject>(api, '/api/v1/persistentvolumeclaims', nothing);
  const endpoints = new Endpoints(api, servicesChanged);
  const stores = [configMaps, secrets, services, claims, endpoints];
  await Promise.all(stores.map((store) => store.start()));
  return {
    configMap(namespace, name) {
      const object = configMaps.get(namespace, name);
      return object && { ...decoded(object.binaryData), ...object.data };
    },
    secret(namespace, name) {
      const object = secrets.get(namespace, name);
      return object && decoded(object.data);
    },
    service(namespace, name) {
      const object = services.get(namespace, name);
      if (object === undefined) return undefined;
      const { ports = [], selector = {} } = object.spec;
      const refusing = ports
        // Who keeps the endpoints of a Service without a selector by hand knows who answers there.
        .filter(() => Object.keys(selector).length > 0)
        .filter((it) => !endpoints.accepts(namespace, name, it.name ?? '', peers))
        .map(({ port }) => port);
      return { ports: ports.map(({ port }) => port), refusing };
    },
    accessAllowed: accessReviews(api),
    claimExists: (namespace, name) => claims.get(namespace, name) !== undefined,
    peerVariable(namespace, name, variable) {
      const selector = services.get(namespace, name)?.spec.selector;
      if (selector === undefined || Object.keys(selector).length === 0) return undefined;
      return peers.peerVariable(namespace, selector, variable);
    },
  };
}

function decoded(data: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const entries = Object.entries(data ?? {});
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
}
