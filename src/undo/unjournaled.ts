import type { KubeObject } from '../core/kube.ts';
import { isMadeByUndo, isRecreated } from './made-again.ts';
import type { NormaliseOptions } from './normalise.ts';
import type { Shape } from './shape.ts';
import { undoTarget } from './target.ts';
import type { UndoStep } from './types.ts';

/**
 * The uid of what an interrupted undo has created again and never came to journal. It has to be journaled before
 * anything else is done: restored ownership and edits of others take away what the object is known by.
 * @returns undefined where there is no such object, or where its uid is in the journal
 */
export function unjournaledUid(
  steps: readonly UndoStep[],
  now: KubeObject | undefined,
  shape: Shape,
  options: NormaliseOptions,
): string | undefined {
  const deletes = steps.filter(({ verb }) => verb === 'delete');
  const deleted = deletes.at(-1);
  const uid = now?.metadata.uid;
  if (now === undefined || now.metadata.deletionTimestamp !== undefined) return undefined;
  if (!deleted?.restoring || deleted.pre === undefined) return undefined;
  if (deleted.pre.metadata.uid === uid || steps.some(({ postUid }) => postUid === uid)) {
    return undefined;
  }
  const goal = undoTarget(steps, undefined, shape, options);
  if (goal.kind !== 'recreate') return undefined;
  // The journal has it with the first delete: what the undo of a later one alone made is none of its.
  const forms = deletes.length === 1 ? [deleted.pre, goal.object] : [goal.object];
  const again = forms.some((form) => isRecreated(form, now, options));
  return again || isMadeByUndo(steps, now) ? uid : undefined;
}
