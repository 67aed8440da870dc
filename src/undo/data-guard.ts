import { at, numberOf } from '../core/json.ts';
import { desiredReplicas, type KubeObject } from '../core/kube.ts';
import { deletesClaims, hasClaims, losesClaims } from './claim-retention.ts';
import { groupKind } from './group-kind.ts';
import type { NormaliseOptions } from './normalise.ts';
import type { Resolution } from './resolution.ts';
import type { Shape } from './shape.ts';
import { type Target, undoTarget } from './target.ts';
import type { UndoStep } from './types.ts';
import { losesVolume } from './volume-guard.ts';

/**
 * Why an object can't be brought where its undo wants it: data would go that nothing brings back.
 * @param target what the undo of these steps has to do to `live`, under the same resolution
 */
export function losesData(
  live: KubeObject | undefined,
  target: Target,
  steps: readonly UndoStep[],
  shape: Shape,
  options: NormaliseOptions,
  resolution?: Resolution,
): string | undefined {
  if (live === undefined) return undefined;
  if (target.kind === 'replace')
    return losesVolume(live, target.object) ?? takesClaims(live, target.object);
  if (target.kind !== 'delete' || !isSet(live)) return undefined;
  if (deletesClaims(live, 'whenDeleted') && hasClaims(live)) return WITH_THE_SET;
  // What comes back in its place adopts its pods. That is not what was deleted: changes of before go back as well.
  const next = undoTarget(steps, undefined, shape, options, resolution);
  if (next.kind === 'recreate') return takesClaims(live, next.object);
  // Where a person has to decide that, it may be all of what was there before.
  const first = next.kind === 'conflict' ? steps[0]?.pre : undefined;
  return first && takesClaims(live, first);
}

const WITH_THE_SET =
  'persistentVolumeClaimRetentionPolicy whenDeleted is Delete: its claims would go with it, also those with data of before. Set it to Retain, then undo again.';

function takesClaims(live: KubeObject, wanted: KubeObject): string | undefined {
  if (!isSet(live)) return undefined;
  const asked = desiredReplicas(live);
  const deletes = deletesClaims(live, 'whenScaled');
  // While it retains them, claims of pods that are still on their way out would be lost as well.
  const there = deletes ? asked : Math.max(asked, numberOf(at(live, 'status', 'replicas')) ?? 0);
  if (!losesClaims(live, wanted, there)) return undefined;
  const next = deletes
    ? 'Set whenScaled to Retain, then undo again.'
    : 'Scale it back by hand while whenScaled is Retain, wait until those pods are gone, then undo again.';
  return `persistentVolumeClaimRetentionPolicy whenScaled: Delete would be in force as it is scaled back to ${desiredReplicas(wanted)}, and the claims of the pods that go would be deleted with their data. ${next}`;
}

function isSet({ apiVersion, kind }: KubeObject): boolean {
  return groupKind(apiVersion, kind) === 'StatefulSet.apps';
}
