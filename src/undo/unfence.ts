import type { LiveObject } from '../cluster/types.ts';
import { stringifyJson } from '../core/json.ts';
import { FENCE_LABEL } from './marks.ts';
import type { UndoPort } from './types.ts';

/**
 * Where somebody else wrote, a late write of ours fails by that alone: the mark has done its work.
 * @returns whether none is left
 */
export async function unfence(live: LiveObject | undefined, port: UndoPort): Promise<boolean> {
  if (live?.object.metadata.labels?.[FENCE_LABEL] === undefined) return true;
  const metadata = { uid: live.uid, labels: { [FENCE_LABEL]: null } };
  const body = stringifyJson({ metadata });
  const outcome = await port.send({ verb: 'patch', key: live.key, patchType: 'merge', body });
  return outcome.kind === 'applied' || (outcome.kind === 'rejected' && outcome.status === 404);
}
