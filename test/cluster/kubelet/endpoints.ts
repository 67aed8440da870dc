import type { Api } from './api.ts';
import { type ApiObject, Reflector } from './reflector.ts';
import type { Peers } from './world.ts';

interface SliceObject extends ApiObject {
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
  readonly endpoints?:
    | readonly {
        readonly conditions?: { readonly ready?: boolean };
        readonly targetRef?: { readonly uid?: string };
      }[]
    | null;
}

/** The EndpointSlices by Service, kept up to date by a watch. */
export class Endpoints {
  readonly #services = new Map<string, Map<string, SliceObject>>();
  readonly #reflector: Reflector<SliceObject>;

  constructor(api: Api, changed: () => void) {
    this.#reflector = new Reflector(api, '/apis/discovery.k8s.io/v1/endpointslices', '', {
      replaced: (items) => {
        this.#services.clear();
        for (const item of items) this.#put(item);
        changed();
      },
      changed: (item) => {
        this.#put(item);
        changed();
      },
      deleted: (item) => {
        this.#services.get(serviceOf(item))?.delete(item.metadata.name);
        changed();
      },
    });
  }

  start(): Promise<void> {
    return this.#reflector.start();
  }

  /** Whether a ready endpoint listens behind the Service's port of that name. */
  accepts(namespace: string, service: string, portName: string, peers: Peers): boolean {
    const slices = this.#services.get(`${namespace}/${service}`)?.values() ?? [];
    return [...slices].some(({ ports, endpoints }) => {
      const target = (ports ?? []).find((it) => (it.name ?? '') === portName)?.port;
      if (target === undefined) return false;
      return (endpoints ?? []).some(({ conditions, targetRef }) => {
        if (conditions?.ready === false) return false;
        return peers.listens(targetRef?.uid ?? '', target) ?? true;
      });
    });
  }

  #put(item: SliceObject): void {
    const key = serviceOf(item);
    const slices = this.#services.get(key) ?? new Map<string, SliceObject>();
    slices.set(item.metadata.name, item);
    this.#services.set(key, slices);
  }
}

function serviceOf({ metadata }: ApiObject): string {
  return `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`;
}
