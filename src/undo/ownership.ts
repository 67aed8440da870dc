import type { ObjectKey } from '../cluster/types.ts';
import { equalJson, type Json, stringifyJson } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { comparableManagedFields, restoredManagedFields } from './managed-fields.ts';
import { mergedManagedFields } from './ownership-merge.ts';
import type { UndoPort } from './types.ts';
import { noClearAnswer, unreached } from './unreached.ts';

const ATTEMPTS = 8;

/**
 * Gives the fields back to the managers that owned them: without it a GitOps applier
 * that later drops a field could no longer prune it.
 */
export async function restoreOwnership(
  key: ObjectKey,
  first: KubeObject,
  port: UndoPort,
): Promise<Json[]> {
  let unclear: string | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const live = await port.get(key);
    if (live === undefined) return [];
    if (equalJson(comparableManagedFields(first), comparableManagedFields(live.object))) return [];
    const managedFields =
      restoredManagedFields(first, live.object) ?? mergedManagedFields(first, live.object);
    if (equalJson(managedFields, live.object.metadata.managedFields ?? [])) return [];
    // An empty list would be read as "not given"; one empty entry clears it.
    const entries = managedFields.length > 0 ? managedFields : [{}];
    const { uid, resourceVersion } = live;
    const body = stringifyJson({ metadata: { uid, resourceVersion, managedFields: entries } });
    const outcome = await port.send({ verb: 'patch', key, patchType: 'merge', body }, 'ownership');
    if (outcome.kind === 'applied') return [];
    unreached(outcome);
    if (outcome.kind === 'rejected' && ![404, 409, 429].includes(outcome.status)) {
      return [`Field ownership (managedFields) could not be restored: ${outcome.message}`];
    }
    // A lost answer too: the next read tells whether it was done, and the old version makes a late one fail.
    unclear = outcome.kind === 'ambiguous' ? outcome.message : undefined;
    await port.clock.sleep(50 * 2 ** attempt);
  }
  if (unclear !== undefined) throw noClearAnswer(unclear);
  return ['Field ownership (managedFields) could not be restored: the object kept changing.'];
}
