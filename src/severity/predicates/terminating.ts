import { at } from '../../core/json.ts';
import { type Context, type Finding, graceMs, type Predicate } from '../predicate.ts';
import { keyOf, timeOf } from '../view.ts';

const KINDS = [
  'Namespace',
  'Pod',
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Service',
  'Ingress',
  'PersistentVolumeClaim',
  'Job',
  'PersistentVolume',
];

/** Objects that a finalizer, or a dead kubelet, keeps from going away. */
function stuck(context: Context): Finding[] {
  const { view } = context;
  const { namespaces } = view.snapshot.scope;
  const findings = new Map<string, Finding>();
  for (const kind of KINDS) {
    for (const item of view.list(kind)) {
      if (item.metadata.deletionTimestamp === undefined) continue;
      // A pod's deletionTimestamp already contains its grace period.
      const since = timeOf(at(item, 'metadata', 'deletionTimestamp'));
      if (since === undefined || view.at - since <= graceMs(context)) continue;
      if (
        kind === 'Namespace' &&
        namespaces !== 'all' &&
        !namespaces.includes(item.metadata.name)
      ) {
        continue;
      }
      const object = view.ownerOf(item);
      const seconds = Math.round((view.at - since) / 1000);
      const message = `${kind} ${item.metadata.name} should be gone since ${seconds} s`;
      findings.set(keyOf(object), { object, reason: 'Terminating', value: 1, message });
    }
  }
  return [...findings.values()];
}

export const terminatingPredicates: readonly Predicate[] = [
  { id: 'stuck', weight: 4, find: stuck },
];
