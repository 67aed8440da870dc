import type { Json } from '../core/json.ts';
import { FENCE_LABEL } from './marks.ts';
import { unmarkNewest } from './newest-pods.ts';
import type { UndoGroup, UndoPort } from './types.ts';
import { unfence } from './unfence.ts';

/**
 * Takes off what an undo put on an object that it now leaves as it is, and on its pods.
 * @returns what is left of that, for the report
 */
export async function letGo(group: UndoGroup, port: UndoPort): Promise<Json[]> {
  const live = await port.get(group.key);
  const isFree = await unfence(live, port);
  const notes = await unmarkNewest(group, live, port);
  return isFree ? notes : [`The label ${FENCE_LABEL} of ours could not be taken off.`, ...notes];
}
