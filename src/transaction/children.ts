import { objectsOf, parseJson } from '../core/json.ts';
import { isKubeObject } from '../core/kube.ts';
import { renewedUids, uidNow } from '../undo/renewed.ts';
import type { Child, UndoGroup } from '../undo/types.ts';
import { dependentsFrom } from './dependents.ts';
import type { EngineParts } from './parts.ts';
import { refOfStep } from './refs.ts';

/**
 * What belonged to a deleted object, from the journal: what its delete orphaned, and what the same transaction had
 * deleted before and has created again already.
 * @param uid of the deleted object
 */
export function childrenOf(
  parts: EngineParts,
  transaction: string,
  group: UndoGroup,
  uid: string,
): Child[] {
  const store = parts.journal.transactions;
  const steps = store.steps(transaction);
  const renewed = renewedUids(steps);
  const orphaned = group.steps
    .filter(({ verb }) => verb === 'delete')
    .flatMap(({ seq }) => dependentsFrom(store.image(transaction, seq, 'predicted')))
    .map(({ uid: was, reference, managedFields, ...ref }) => {
      return { ref, uid: uidNow(was, renewed), reference, managedFields };
    });
  const known = new Set(orphaned.map((child) => child.uid));
  const deleted = steps.flatMap((step): Child[] => {
    if (step.verb !== 'delete' || step.state !== 'UNDONE' || step.postUid === null) return [];
    const now = uidNow(step.postUid, renewed);
    const bytes = store.image(transaction, step.seq, 'pre');
    const pre = bytes && parseJson(bytes.toString('utf8'));
    if (known.has(now) || !isKubeObject(pre)) return [];
    const { ownerReferences, managedFields } = pre.metadata;
    const reference = objectsOf(ownerReferences).find((owner) => owner.uid === uid);
    if (reference === undefined) return [];
    return [{ ref: refOfStep(step), uid: now, reference, managedFields: objectsOf(managedFields) }];
  });
  return [...orphaned, ...deleted];
}
