import { arrayOf, at, numberOf } from '../core/json.ts';
import { desiredReplicas, type KubeObject } from '../core/kube.ts';

export const CLAIM_MOMENTS = ['whenScaled', 'whenDeleted'] as const;

/** True when a StatefulSet removes its claims, and their data, at that moment. */
export function deletesClaims(object: KubeObject, when: (typeof CLAIM_MOMENTS)[number]): boolean {
  return at(object, 'spec', 'persistentVolumeClaimRetentionPolicy', when) === 'Delete';
}

/** True where a StatefulSet makes claims for its pods. */
export function hasClaims(set: KubeObject): boolean {
  return arrayOf(at(set, 'spec', 'volumeClaimTemplates')).length > 0;
}

/**
 * True where putting a StatefulSet back takes pods away whose claims, and their data, go with them: also data of
 * before, which an added pod found in the claim of its name.
 * @param pods how many there are, where that may be more than are asked for
 */
export function losesClaims(
  now: KubeObject,
  wanted: KubeObject,
  pods: number = desiredReplicas(now),
): boolean {
  if (!deletesClaims(wanted, 'whenScaled') || !hasClaims(wanted) || pods === 0) return false;
  const [first, kept] = [firstOrdinal(now), firstOrdinal(wanted)];
  return first < kept || first + pods > kept + desiredReplicas(wanted);
}

function firstOrdinal(set: KubeObject): number {
  return numberOf(at(set, 'spec', 'ordinals', 'start')) ?? 0;
}
