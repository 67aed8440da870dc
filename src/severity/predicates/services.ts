import { at, type JsonObject, numberOf, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { once } from '../facts.ts';
import { type Context, type Finding, isFlapping, type Predicate } from '../predicate.ts';
import { asOwner, grouped, matchesSelector, type View } from '../view.ts';

/** The selector, or undefined for a Service whose endpoints somebody else keeps. */
export function selectorOf(service: KubeObject): JsonObject | undefined {
  const selector = objectOf(at(service, 'spec', 'selector'));
  const isExternal = at(service, 'spec', 'type') === 'ExternalName';
  return isExternal || Object.keys(selector).length === 0 ? undefined : selector;
}

export function isHeadless(service: KubeObject): boolean {
  return at(service, 'spec', 'clusterIP') === 'None';
}

export function slicesOf(
  slices: readonly KubeObject[],
  namespace: string | undefined,
  name: string,
): readonly KubeObject[] {
  return byService(slices).get(`${namespace}/${name}`) ?? [];
}

const byService = once((slices: readonly KubeObject[]) =>
  grouped(
    slices,
    ({ metadata }) => `${metadata.namespace}/${metadata.labels?.['kubernetes.io/service-name']}`,
  ),
);

/** Endpoints that get traffic; `ready` unset means ready. */
export function readyEndpoints(slices: readonly KubeObject[]): JsonObject[] {
  return slices
    .flatMap((slice) => objectsOf(slice.endpoints))
    .filter((endpoint) => at(endpoint, 'conditions', 'ready') !== false);
}

export function podOfEndpoint(view: View, slice: KubeObject, endpoint: JsonObject) {
  const name = stringOf(at(endpoint, 'targetRef', 'name'));
  if (at(endpoint, 'targetRef', 'kind') !== 'Pod' || name === undefined) return undefined;
  return view.find('Pod', slice.metadata.namespace, name);
}

export function matchingPods(view: View, service: KubeObject): KubeObject[] {
  const selector = selectorOf(service);
  const { namespace } = service.metadata;
  if (selector === undefined) return [];
  return view.podsIn(namespace).filter((pod) => matchesSelector(pod.metadata.labels, selector));
}

/** Ready endpoints with their pods, without those that crash again and again. */
export function servedBy(context: Context, service: KubeObject) {
  const { namespace, name } = service.metadata;
  const slices = slicesOf(context.view.list('EndpointSlice'), namespace, name);
  return slices.flatMap((slice) =>
    readyEndpoints([slice]).flatMap((endpoint) => {
      const pod = podOfEndpoint(context.view, slice, endpoint);
      return pod !== undefined && isFlapping(context, pod) ? [] : [{ endpoint, pod }];
    }),
  );
}

/** Services with a selector whose pods and endpoints can be seen. */
export function observable(context: Context): KubeObject[] {
  const { view } = context;
  return view
    .list('Service')
    .filter(
      (service) =>
        selectorOf(service) !== undefined &&
        view.known('EndpointSlice', service.metadata.namespace) &&
        view.known('Pod', service.metadata.namespace),
    );
}

function withoutEndpoints(context: Context): Finding[] {
  return observable(context).flatMap((service) => {
    if (servedBy(context, service).length > 0) return [];
    const pods = matchingPods(context.view, service);
    // A headless Service of a StatefulSet with no replicas is as it should be.
    if (isHeadless(service) && pods.length === 0) return [];
    const selector = Object.entries(selectorOf(service) ?? {}).map(([key, it]) => `${key}=${it}`);
    const message =
      pods.length === 0
        ? `its selector ${selector.join(',')} matches no pod`
        : `none of its ${pods.length} pods is ready`;
    return [{ object: asOwner(service), reason: 'NoReadyEndpoints', value: 1, message }];
  });
}

/** A target port that nobody declares. Pods that declare no ports at all give no evidence. */
function portMismatch(context: Context): Finding[] {
  return observable(context).flatMap((service) => {
    if (isHeadless(service)) return [];
    const pods = servedBy(context, service).flatMap(({ pod }) => (pod === undefined ? [] : [pod]));
    const declared = pods.map(declaredPorts);
    if (pods.length === 0 || declared.some((ports) => ports.length === 0)) return [];
    return objectsOf(at(service, 'spec', 'ports')).flatMap((port): Finding[] => {
      if (declared.some((ports) => ports.some((it) => isTarget(port, it)))) return [];
      const target = targetOf(port);
      const known = [...new Set(declared.flat().map((it) => String(it.containerPort)))].join(', ');
      return [
        {
          object: asOwner(service),
          reason: `port-${numberOf(port.port)}`,
          value: 1,
          message: `target port ${target} is declared by none of its pods (they declare ${known})`,
        },
      ];
    });
  });
}

/** All ports of a pod; sidecars are init containers. */
const declaredPorts = once((pod: KubeObject): JsonObject[] => {
  const containers = [
    ...objectsOf(at(pod, 'spec', 'containers')),
    ...objectsOf(at(pod, 'spec', 'initContainers')).filter((it) => it.restartPolicy === 'Always'),
  ];
  return containers.flatMap((container) => objectsOf(container.ports));
});

export function targetOf(port: JsonObject): string {
  const target = port.targetPort;
  return String(numberOf(target) ?? stringOf(target) ?? numberOf(port.port));
}

function isTarget(port: JsonObject, declared: JsonObject): boolean {
  const target = targetOf(port);
  const protocol = port.protocol ?? 'TCP';
  if ((declared.protocol ?? 'TCP') !== protocol) return false;
  return declared.name === target || String(declared.containerPort) === target;
}

export const servicePredicates: readonly Predicate[] = [
  { id: 'service-endpoints', weight: 10, find: withoutEndpoints },
  { id: 'service-port', weight: 10, find: portMismatch },
];
