import { arrayOf, at, numberOf, objectOf, objectsOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

/** True when a Service gives back a cluster address or a node port, which somebody else may then get. */
export function losesAddress(before: KubeObject, after: KubeObject): boolean {
  const left = addressesOf(after);
  return addressesOf(before).some((address) => !left.includes(address));
}

function addressesOf(service: KubeObject): unknown[] {
  const ports = objectsOf(at(service, 'spec', 'ports'));
  return [
    ...arrayOf(at(service, 'spec', 'clusterIPs')).filter((address) => address !== 'None'),
    ...ports.flatMap((port) => numberOf(port.nodePort) ?? []),
    // Of a load balancer with externalTrafficPolicy Local; 0 where there is none.
    ...[numberOf(at(service, 'spec', 'healthCheckNodePort')) ?? 0].filter((port) => port !== 0),
  ];
}

/** True when a Service whose endpoints nobody selected begins to select pods. */
export function gainsSelector(before: KubeObject, after: KubeObject): boolean {
  return !hasSelector(before) && hasSelector(after);
}

function hasSelector(service: KubeObject): boolean {
  return Object.keys(objectOf(at(service, 'spec', 'selector'))).length > 0;
}
