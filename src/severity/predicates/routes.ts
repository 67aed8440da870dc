import { at, type JsonObject, numberOf, objectsOf, stringOf } from '../../core/json.ts';
import { desiredReplicas, type KubeObject } from '../../core/kube.ts';
import { once } from '../facts.ts';
import type { Context, Finding, Predicate } from '../predicate.ts';
import { asOwner, type View } from '../view.ts';
import { isHeadless } from './services.ts';

function ingressBackends({ view }: Context): Finding[] {
  return view.list('Ingress').flatMap((ingress) => {
    const { namespace } = ingress.metadata;
    if (!view.known('Service', namespace)) return [];
    return backendsOf(ingress).flatMap((backend): Finding[] => {
      const name = stringOf(backend.name);
      if (name === undefined) return [];
      const service = view.find('Service', namespace, name);
      const port = numberOf(at(backend, 'port', 'number')) ?? stringOf(at(backend, 'port', 'name'));
      const reason = `${name}:${port ?? ''}`;
      const object = asOwner(ingress);
      if (service === undefined) {
        return [{ object, reason, value: 1, message: `its backend Service ${name} doesn't exist` }];
      }
      if (port === undefined || hasPort(service, port)) return [];
      return [{ object, reason, value: 1, message: `Service ${name} has no port ${port}` }];
    });
  });
}

/** The Services behind its paths and its default. */
function backendsOf(ingress: KubeObject): JsonObject[] {
  return objectsOf(ingressRoutes(ingress).map((it) => at(it, 'service') ?? null));
}

/** Backends of all paths and the default one, Services and others. */
export function ingressRoutes(ingress: KubeObject): JsonObject[] {
  const paths = objectsOf(at(ingress, 'spec', 'rules')).flatMap((rule) =>
    objectsOf(at(rule, 'http', 'paths')).map((path) => at(path, 'backend') ?? null),
  );
  return objectsOf([...paths, at(ingress, 'spec', 'defaultBackend') ?? null]);
}

function hasPort(service: KubeObject, port: number | string): boolean {
  return objectsOf(at(service, 'spec', 'ports')).some((it) => it.port === port || it.name === port);
}

const ADDRESS =
  /^(?:https?:\/\/)?([a-z]([-a-z0-9]*[a-z0-9])?)(?:\.([a-z0-9][-a-z0-9]*))?(?:\.svc(?:\.cluster\.local)?)?\.?:(\d{1,5})\/?$/;

/**
 * Plain environment values that name a Service port which doesn't exist. A short name without a
 * Service counts only in variables that end in ADDR or ADDRESS: others may mean something else.
 */
function callerAddresses({ view }: Context): Finding[] {
  const callers = ['Deployment', 'StatefulSet', 'DaemonSet'].flatMap((kind) => view.list(kind));
  return callers.flatMap((caller) => {
    if (caller.kind !== 'DaemonSet' && desiredReplicas(caller) === 0) return [];
    return addressesOf(caller).flatMap((address): Finding[] => {
      const problem = unresolved(view, caller, address);
      if (problem === undefined) return [];
      const message = `${address.variable}=${address.value}: ${problem}`;
      return [{ object: asOwner(caller), reason: address.variable, value: 1, message }];
    });
  });
}

interface Address {
  readonly variable: string;
  readonly value: string;
  readonly host: string;
  /** The one that it names; its caller's otherwise. */
  readonly namespace: string | undefined;
  readonly port: string;
}

/** Values in its environment that look like the address of a Service. */
const addressesOf = once((caller: KubeObject): readonly Address[] => {
  const template = at(caller, 'spec', 'template', 'spec');
  const aliases = objectsOf(at(template, 'hostAliases')).flatMap((it) => it.hostnames ?? []);
  return objectsOf(at(template, 'containers')).flatMap((container) =>
    // Of two definitions of a variable the last one counts.
    [...new Map(objectsOf(container.env).map((it) => [it.name, it])).values()].flatMap(
      (variable): Address[] => {
        const value = stringOf(variable.value) ?? '';
        const match = ADDRESS.exec(value);
        if (match === null) return [];
        const [, host = '', , namespace, port = ''] = match;
        if (host === 'localhost' || aliases.flat().includes(host)) return [];
        return [{ variable: stringOf(variable.name) ?? '', value, host, namespace, port }];
      },
    ),
  );
});

function unresolved(
  view: View,
  caller: KubeObject,
  { variable, host, namespace: other, port }: Address,
): string | undefined {
  const namespace = other ?? caller.metadata.namespace;
  if (!view.known('Service', namespace)) return undefined;
  const service = view.find('Service', namespace, host);
  if (service === undefined) {
    const isCertain = other === undefined && /ADDR(ESS)?$/.test(variable);
    return isCertain ? `no Service ${namespace}/${host} exists` : undefined;
  }
  // Behind a headless or external name any port may answer.
  if (isHeadless(service) || at(service, 'spec', 'type') === 'ExternalName') return undefined;
  return hasPort(service, Number(port)) ? undefined : `Service ${host} has no port ${port}`;
}

export const routePredicates: readonly Predicate[] = [
  { id: 'ingress-backend', weight: 10, find: ingressBackends },
  { id: 'caller-address', weight: 4, find: callerAddresses },
];
