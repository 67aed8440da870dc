import type { Context, Finding, Predicate } from '../predicate.ts';
import { asOwner, keyOf, type Owner, type View } from '../view.ts';
import { observable, servedBy } from './services.ts';

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet'];

/**
 * A Service named like a workload that sends to pods of another one, which has a Service of its own
 * name: half of the answers, or all, come from the wrong application while every pod is ready. A
 * variant of a workload (`web-canary` beside `web`) is the same application. The value is the share
 * of the ready endpoints.
 */
function foreignEndpoints(context: Context): Finding[] {
  const { view } = context;
  return observable(context).flatMap((service): Finding[] => {
    const { namespace, name } = service.metadata;
    if (!WORKLOADS.some((kind) => view.find(kind, namespace, name) !== undefined)) return [];
    const served = servedBy(context, service);
    const owners = served.flatMap(({ pod }) => (pod === undefined ? [] : [view.ownerOf(pod)]));
    const foreign = owners.filter((owner) => isForeign(view, owner, name));
    if (foreign.length === 0) return [];
    const whose = [...new Set(foreign.map(keyOf))].join(', ');
    const message =
      `${foreign.length} of its ${served.length} ready endpoints are pods of ${whose}, ` +
      'which has a Service of its own';
    const value = foreign.length / served.length;
    return [{ object: asOwner(service), reason: 'ForeignEndpoints', value, message }];
  });
}

function isForeign(view: View, { kind, namespace, name }: Owner, service: string): boolean {
  if (!WORKLOADS.includes(kind) || name === service || isVariant(name, service)) return false;
  return view.find('Service', namespace, name) !== undefined;
}

function isVariant(one: string, other: string): boolean {
  return one.startsWith(`${other}-`) || other.startsWith(`${one}-`);
}

export const foreignPredicates: readonly Predicate[] = [
  { id: 'service-foreign', weight: 8, find: foreignEndpoints },
];
