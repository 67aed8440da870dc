import {
  at,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../core/json.ts';
import { describeRef, type KubeObject } from '../../../core/kube.ts';
import { type Judgement, judgeService } from './endpoints.ts';
import { matchesAll, selectorText } from './label-match.ts';
import type { Surroundings } from './surroundings.ts';

const POD = { apiVersion: 'v1', kind: 'Pod' };
const SERVICE = { apiVersion: 'v1', kind: 'Service' };
const INGRESS = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' };
const SLICE = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };

/** The Services that select these labels. */
export async function servicesFor(
  labels: JsonObject,
  namespace: string,
  around: Surroundings,
): Promise<KubeObject[]> {
  return (await around.list({ ...SERVICE, namespace })).filter((service) => {
    const selector = objectOf(at(service, 'spec', 'selector'));
    return Object.keys(selector).length > 0 && matchesAll(selector, labels);
  });
}

/** Reads what stands behind a Service and judges it. */
export async function lookBehind(service: KubeObject, around: Surroundings): Promise<Judgement> {
  const { namespace, name } = service.metadata;
  const labelSelector = selectorText({ matchLabels: objectOf(at(service, 'spec', 'selector')) });
  const [slices, pods] = await Promise.all([
    around.seen({ ...SLICE, namespace }, { labelSelector: `kubernetes.io/service-name=${name}` }),
    labelSelector === '' ? [] : around.seen({ ...POD, namespace }, { labelSelector }),
  ]);
  const none = labelSelector !== '' && pods?.length === 0;
  const [others, workloads] = none
    ? await Promise.all([
        around.seen({ ...POD, namespace }, { metadataOnly: true }),
        workloadsFor(service, around),
      ])
    : [undefined, undefined];
  return judgeService(service, { pods, slices, others, workloads });
}

/** The workloads whose template has the labels that the Service selects. */
async function workloadsFor(service: KubeObject, around: Surroundings): Promise<KubeObject[]> {
  const { namespace } = service.metadata;
  const selector = objectOf(at(service, 'spec', 'selector'));
  const kinds = ['Deployment', 'StatefulSet'];
  const lists = await Promise.all(
    kinds.map((kind) => around.list({ apiVersion: 'apps/v1', kind, namespace })),
  );
  return lists
    .flat()
    .filter((it) =>
      matchesAll(selector, objectOf(at(it, 'spec', 'template', 'metadata', 'labels'))),
    );
}

/** `2 ready, 1 not ready`: what the EndpointSlices say. */
export function endpointText({ ready, notReady }: Judgement): string {
  if (ready === undefined) return 'not visible';
  return notReady ? `${ready} ready, ${notReady} not ready` : `${ready} ready`;
}

/** `http 80→8080`: the ports of a Service. */
export function portTexts(service: KubeObject): string[] {
  return objectsOf(at(service, 'spec', 'ports')).map(({ name, port, targetPort, protocol }) =>
    [
      stringOf(name),
      `${port}→${targetPort ?? port}`,
      protocol === 'TCP' ? undefined : stringOf(protocol),
    ]
      .filter(Boolean)
      .join(' '),
  );
}

/** One way into the cluster: where requests come from and which port of which Service they go to. */
export interface Route {
  /** `shop.example.com/cart`, `(default backend)`. */
  readonly from: string;
  readonly service: string;
  readonly port: number | string | undefined;
}

/** Every route of an Ingress to a Service; backends that are custom resources are left out. */
export function routesOf(ingress: KubeObject): Route[] {
  const route = (from: string, backend: JsonObject[string]): Route[] => {
    const service = objectOf(at(backend, 'service'));
    const name = stringOf(service.name);
    const port = objectOf(service.port);
    if (name === undefined) return [];
    return [{ from, service: name, port: stringOf(port.name) ?? numberOf(port.number) }];
  };
  return [
    ...route('(default backend)', at(ingress, 'spec', 'defaultBackend')),
    ...objectsOf(at(ingress, 'spec', 'rules')).flatMap((rule) =>
      objectsOf(at(rule, 'http', 'paths')).flatMap((path) =>
        route(`${stringOf(rule.host) ?? '*'}${stringOf(path.path) ?? '/'}`, path.backend),
      ),
    ),
  ];
}

/** The Ingresses that route to a Service, with where from: `Ingress shop/web: shop.example.com/`. */
export async function ingressesTo(service: KubeObject, around: Surroundings): Promise<string[]> {
  const { namespace, name } = service.metadata;
  return (await around.list({ ...INGRESS, namespace })).flatMap((ingress) => {
    const from = routesOf(ingress).filter((it) => it.service === name);
    if (from.length === 0) return [];
    const more = from.length > 3 ? ` and ${from.length - 3} more` : '';
    const hosts = from.slice(0, 3).map((it) => it.from);
    return [
      `${describeRef({ kind: 'Ingress', namespace, name: ingress.metadata.name })}: ${hosts.join(', ')}${more}`,
    ];
  });
}

/** A route with what becomes of its requests. */
export async function followRoute(
  route: Route,
  namespace: string,
  around: Surroundings,
): Promise<{ route: string; state: string; service?: KubeObject }> {
  const to = `${route.service}:${route.port ?? '?'}`;
  const shown = `${route.from} → Service ${to}`;
  const services = await around.seen({ ...SERVICE, namespace });
  if (services === undefined) return { route: shown, state: 'not visible' };
  const service = services.find(({ metadata }) => metadata.name === route.service);
  if (service === undefined) return { route: shown, state: 'Service is MISSING' };
  const ports = objectsOf(at(service, 'spec', 'ports'));
  const known = ports.some(
    ({ name, port }) => name === route.port || numberOf(port) === route.port,
  );
  if (!known) {
    const there = portTexts(service).join(', ') || 'none';
    return { route: shown, state: `Service has no port ${route.port}, it has ${there}`, service };
  }
  if (at(service, 'spec', 'type') === 'ExternalName') {
    return { route: shown, state: 'goes to an external name', service };
  }
  const state = endpointText(await lookBehind(service, around));
  return { route: shown, state: `endpoints: ${state}`, service };
}
