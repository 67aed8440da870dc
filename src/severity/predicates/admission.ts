import { unknownName, WEBHOOK_SLICES } from '../kinds.ts';
import type { Context, Finding, Predicate } from '../predicate.ts';
import { shorten } from '../text.ts';
import { asOwner, conditionOf, type View } from '../view.ts';
import { failClosedServices } from '../webhooks.ts';
import { readyEndpoints, slicesOf } from './services.ts';
import { refusedCreates } from './workloads.ts';

/** While the Service of a fail-closed webhook is down, the API server refuses what it matches. */
function webhooks({ view }: Context): Finding[] {
  return failClosedServices(view.snapshot.objects).flatMap((webhook): Finding[] => {
    const { namespace, name } = webhook;
    const slices = slicesBehind(view, namespace);
    if (slices === undefined || readyEndpoints(slicesOf(slices, namespace, name)).length > 0) {
      return [];
    }
    const object = { kind: webhook.kind, name: webhook.configuration };
    const message = `it fails closed and its Service ${namespace}/${name} has no ready endpoint`;
    return [{ object, reason: `${namespace}/${name}`, value: 1, message }];
  });
}

/** Undefined when they couldn't be listed. */
function slicesBehind(view: View, namespace: string) {
  const { scope, unknowns, objects } = view.snapshot;
  if (scope.namespaces === 'all' || scope.namespaces.includes(namespace)) {
    return view.known('EndpointSlice', namespace) ? view.list('EndpointSlice') : undefined;
  }
  const hidden = [false, true].map((it) => unknownName('endpointslices', namespace, it));
  return unknowns.some((it) => hidden.includes(it.what))
    ? undefined
    : (objects[WEBHOOK_SLICES] ?? []);
}

function apiServices({ view }: Context): Finding[] {
  return view.list('APIService').flatMap((service) => {
    const available = conditionOf(service, 'Available');
    if (available?.status !== 'False') return [];
    const message = shorten(`${available.reason}: ${available.message}`);
    return [{ object: asOwner(service), reason: 'Unavailable', value: 1, message }];
  });
}

/** A quota counts while it keeps pods from being created, by being used up or by its demands. */
function quotas({ view }: Context): Finding[] {
  const refusals = refusedCreates(view);
  return view.list('ResourceQuota').flatMap((quota): Finding[] => {
    const { namespace, name } = quota.metadata;
    const words = ['exceeded', 'failed'].map((word) => `${word} quota: ${name}`);
    const refusal = refusals.find(
      (it) => it.namespace === namespace && words.some((word) => names(it.message, word)),
    );
    if (refusal === undefined) return [];
    const message = `it refuses pods: ${shorten(refusal.message)}`;
    return [{ object: asOwner(quota), reason: 'Refusing', value: 1, message }];
  });
}

/** `exceeded quota: small, requested…` names `small`, not `smal`. */
function names(message: string, words: string): boolean {
  const start = message.indexOf(words);
  return start >= 0 && /^($|[,:\s])/.test(message.slice(start + words.length));
}

export const admissionPredicates: readonly Predicate[] = [
  { id: 'webhook', weight: 8, find: webhooks },
  { id: 'api-service', weight: 8, find: apiServices },
  { id: 'quota', weight: 4, find: quotas },
];
