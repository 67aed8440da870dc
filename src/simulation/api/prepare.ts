import { isObject, type JsonObject, objectOf, objectsOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { qosClass } from '../rules/qos.ts';
import type { Machine } from './machine.ts';

/** What the strategy of a kind fills into a new object. In place, on a fresh copy. */
export function prepareCreate(machine: Machine, kind: string, object: KubeObject): void {
  const spec = objectOf(object.spec);
  if (kind === 'Service') address(machine, spec);
  if (kind === 'Job') jobSelector(spec, object);
  if (kind === 'Pod') object.status = { phase: 'Pending', qosClass: qosClass(spec) };
  if (kind === 'PersistentVolumeClaim') finalizer(object, 'kubernetes.io/pvc-protection');
  if (kind === 'PersistentVolume') finalizer(object, 'kubernetes.io/pv-protection');
}

/** Cluster addresses and node ports, where the Service has none of its own. */
export function address(machine: Machine, spec: JsonObject): void {
  if (spec.type === 'ExternalName') return;
  const given = typeof spec.clusterIP === 'string' ? spec.clusterIP : '';
  const chosen = given || machine.serviceAddress();
  spec.clusterIP = chosen;
  spec.clusterIPs = [chosen];
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return;
  for (const port of objectsOf(spec.ports)) port.nodePort ??= machine.nodePort();
}

/** A Job's own selector, by its uid. */
function jobSelector(spec: JsonObject, { metadata }: KubeObject): void {
  const template = objectOf(spec.template);
  if (spec.manualSelector !== true) {
    const inner = objectOf(template.metadata);
    inner.labels = {
      ...objectOf(inner.labels),
      'batch.kubernetes.io/controller-uid': metadata.uid ?? '',
      'batch.kubernetes.io/job-name': metadata.name,
      'controller-uid': metadata.uid ?? '',
      'job-name': metadata.name,
    };
    template.metadata = inner;
    metadata.labels ??= inner.labels as Record<string, string>;
    const selector = isObject(spec.selector) ? spec.selector : {};
    spec.selector = {
      ...selector,
      matchLabels: {
        ...objectOf(selector.matchLabels),
        'batch.kubernetes.io/controller-uid': metadata.uid ?? '',
      },
    };
  }
  spec.template = template;
}

function finalizer({ metadata }: KubeObject, name: string): void {
  const given = Array.isArray(metadata.finalizers) ? metadata.finalizers : [];
  if (!given.includes(name)) metadata.finalizers = [...given, name];
}
