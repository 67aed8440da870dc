import { at } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

export const CLAIM_MOMENTS = ['whenScaled', 'whenDeleted'] as const;

/** True when a StatefulSet removes its claims, and their data, at that moment. */
export function deletesClaims(object: KubeObject, when: (typeof CLAIM_MOMENTS)[number]): boolean {
  return at(object, 'spec', 'persistentVolumeClaimRetentionPolicy', when) === 'Delete';
}
