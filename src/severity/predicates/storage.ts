import { at, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { type Context, type Finding, graceMs, type Predicate } from '../predicate.ts';
import { asOwner, isTerminating, timeOf, type View } from '../view.ts';

function pendingClaims(context: Context): Finding[] {
  const { view } = context;
  return view.list('PersistentVolumeClaim').flatMap((claim) => {
    if (at(claim, 'status', 'phase') !== 'Pending' || isTerminating(claim)) return [];
    const created = timeOf(at(claim, 'metadata', 'creationTimestamp'));
    if (created !== undefined && view.at - created <= graceMs(context)) return [];
    if (waitsForConsumer(view, claim)) return [];
    const storageClass = stringOf(at(claim, 'spec', 'storageClassName')) ?? '(none)';
    const message = `no volume is bound to it (storage class ${storageClass})`;
    return [{ object: asOwner(claim), reason: 'Pending', value: 1, message }];
  });
}

/** A claim that binds with its first pod, and has none, is as it should be. */
function waitsForConsumer(view: View, claim: KubeObject): boolean {
  const name = stringOf(at(claim, 'spec', 'storageClassName'));
  const storageClass = name === undefined ? undefined : view.find('StorageClass', undefined, name);
  if (storageClass?.volumeBindingMode !== 'WaitForFirstConsumer') return false;
  return !view.pods.some(
    (pod) => pod.metadata.namespace === claim.metadata.namespace && uses(pod, claim),
  );
}

function uses(pod: KubeObject, claim: KubeObject): boolean {
  return objectsOf(at(pod, 'spec', 'volumes')).some(
    (volume) => at(volume, 'persistentVolumeClaim', 'claimName') === claim.metadata.name,
  );
}

function lostVolumes({ view }: Context): Finding[] {
  const claims = view
    .list('PersistentVolumeClaim')
    .filter((claim) => at(claim, 'status', 'phase') === 'Lost')
    .map((claim) => ({ object: asOwner(claim), reason: 'Lost', message: 'its volume is gone' }));
  const volumes = view
    .list('PersistentVolume')
    .filter((volume) => at(volume, 'status', 'phase') === 'Failed')
    .map((volume) => ({
      object: asOwner(volume),
      reason: 'Failed',
      message: stringOf(at(volume, 'status', 'message')) ?? 'could not be reclaimed',
    }));
  return [...claims, ...volumes].map((it) => ({ ...it, value: 1 }));
}

export const storagePredicates: readonly Predicate[] = [
  { id: 'volume-lost', weight: 10, find: lostVolumes },
  { id: 'pvc-pending', weight: 6, find: pendingClaims },
];
