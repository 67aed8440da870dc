import type { WriteOutcome } from '../cluster/types.ts';
import { type JsonObject, objectOf, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { isOurManager } from '../core/managers.ts';
import { holdsNoMore } from '../undo/managed-fields.ts';

/**
 * True for a server-side apply that was refused only over fields that we wrote ourselves, by a patch or in an
 * earlier epoch: the API server tells managers apart by name and operation. Taking those by force takes nothing
 * from anybody. Whatever doesn't read exactly like that is somebody else's.
 */
export function conflictsWithOursAlone(outcome: WriteOutcome): boolean {
  if (outcome.kind !== 'rejected' || outcome.status !== 409 || outcome.causes.length === 0) {
    return false;
  }
  return outcome.causes.every(({ reason, message }) => {
    const manager =
      /^conflict with "([\w-]+)"(?: with subresource "\w+")?(?: using \S+)?(?: at \S+)?$/.exec(
        message,
      )?.[1];
    return reason === 'FieldManagerConflict' && manager !== undefined && isOurManager(manager);
  });
}

export const LEFT_BEHIND =
  'Fields that an earlier apply of stratus-mcp set and this manifest leaves out stay as they are, because with the fence each epoch is a field manager of its own. Remove them with mitigate_patch.';

/** True when an apply of an earlier epoch holds fields that the newest one doesn't name. */
export function leavesOursBehind(predicted: KubeObject): boolean {
  const applied = objectsOf(predicted.metadata.managedFields)
    .filter(
      ({ manager, operation }) => operation === 'Apply' && isOurManager(stringOf(manager) ?? ''),
    )
    .sort((a, b) => epochOf(b) - epochOf(a));
  const [newest, ...earlier] = applied;
  if (newest === undefined) return false;
  return earlier.some((entry) => !holdsNoMore(objectOf(entry.fieldsV1), objectOf(newest.fieldsV1)));
}

/** 0 for one without a fence. */
function epochOf(entry: JsonObject): number {
  return Number(/e(\d+)$/.exec(stringOf(entry.manager) ?? '')?.[1] ?? 0);
}
