import type { LiveObject } from '../cluster/types.ts';
import { stringifyJson } from '../core/json.ts';
import { FENCE_LABEL } from './marks.ts';
import type { UndoPort } from './types.ts';

/** Where somebody else wrote, a late write of ours fails by that alone: the mark has done its work. */
export async function unfence(live: LiveObject | undefined, port: UndoPort): Promise<void> {
  if (live?.object.metadata.labels?.[FENCE_LABEL] === undefined) return;
  const metadata = { uid: live.uid, labels: { [FENCE_LABEL]: null } };
  const body = stringifyJson({ metadata });
  await port.send({ verb: 'patch', key: live.key, patchType: 'merge', body });
}
