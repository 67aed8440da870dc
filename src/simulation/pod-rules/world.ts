/**
 * What a container meets when it runs: the objects that its configuration
 * names and the names that its requests resolve. Read-only; the caller answers
 * from its caches.
 */
export interface World {
  /** Data by key, or undefined when there is no such ConfigMap. */
  configMap(namespace: string, name: string): Readonly<Record<string, string>> | undefined;
  /** Decoded data by key, or undefined when there is no such Secret. */
  secret(namespace: string, name: string): Readonly<Record<string, string>> | undefined;
  /** The Service's ports, or undefined when there is no such Service. */
  service(namespace: string, name: string): ServicePorts | undefined;
  /** Whether the claim exists. Binding is the scheduler's and the controllers' business. */
  claimExists(namespace: string, name: string): boolean;
  /**
   * The value that the running pods behind a Service hold for an environment
   * variable, or undefined when none of them has it.
   */
  peerVariable(namespace: string, service: string, variable: string): string | undefined;
  /** Whether RBAC allows the request; undefined while the answer isn't known yet. */
  accessAllowed(request: AccessRequest): boolean | undefined;
}

export interface ServicePorts {
  readonly ports: readonly number[];
  /**
   * Of them those behind which no ready endpoint accepts connections: kube-proxy rejects what has
   * no endpoint, a pod's kernel what nobody listens to. Both look the same to a caller.
   */
  readonly refusing?: readonly number[];
}

/** Whether a connection to that port of the Service is accepted. */
export function accepts(service: ServicePorts, port: number): boolean {
  return service.ports.includes(port) && service.refusing?.includes(port) !== true;
}

/** What a SubjectAccessReview asks. */
export interface AccessRequest {
  readonly user: string;
  readonly namespace: string;
  readonly verb: string;
  /** Plural, as in a Role. */
  readonly resource: string;
  readonly group: string;
}

/** A Service named by a host as pods write it: `db`, `db.shop`, `db.shop.svc.cluster.local.` */
export function serviceOfHost(
  host: string,
  namespace: string,
): { readonly namespace: string; readonly name: string } | undefined {
  const labels = host.replace(/\.$/, '').split('.');
  const [name, otherNamespace, svc, ...domain] = labels;
  if (name === undefined || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) return undefined;
  if (svc !== undefined && svc !== 'svc') return undefined;
  if (domain.length > 0 && domain.join('.') !== 'cluster.local') return undefined;
  return { namespace: otherNamespace ?? namespace, name };
}
