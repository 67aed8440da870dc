import { objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import type { StepRow } from '../journal/types.ts';

/** uids of objects that a transaction deleted and its undo created again: old → new. */
export type Renewed = ReadonlyMap<string, string>;

/** Reads them off the deletes that were taken back: `postUid` of such a step is the uid of the recreated object. */
export function renewedUids(steps: readonly StepRow[]): Renewed {
  return new Map(
    steps.flatMap(({ verb, state, uid, postUid }): [string, string][] =>
      verb === 'delete' && state === 'UNDONE' && uid !== null && postUid !== null
        ? [[uid, postUid]]
        : [],
    ),
  );
}

/** The uid that an object has by now; it may have been created again more than once. */
export function uidNow(uid: string, renewed: Renewed): string {
  let now = uid;
  for (let rounds = renewed.size; rounds > 0; rounds--) {
    const next = renewed.get(now);
    if (next === undefined || next === now) break;
    now = next;
  }
  return now;
}

/** An image as if the object and its owners had had the uids of now, so that it compares with the live object. */
export function withUidsNow(image: KubeObject, renewed: Renewed): KubeObject {
  if (renewed.size === 0) return image;
  const metadata = { ...image.metadata };
  if (metadata.uid !== undefined) metadata.uid = uidNow(metadata.uid, renewed);
  const owners = objectsOf(metadata.ownerReferences);
  if (owners.length > 0) {
    metadata.ownerReferences = owners.map((owner) => ({
      ...owner,
      uid: uidNow(stringOf(owner.uid) ?? '', renewed),
    }));
  }
  return { ...image, metadata };
}
