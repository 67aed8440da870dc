import type { ObjectKey } from '../cluster/types.ts';
import { type Json, parseJson } from '../core/json.ts';
import { isKubeObject, type KubeObject } from '../core/kube.ts';
import type { ImageName, StepRow, StepState } from '../journal/types.ts';
import { restoreRank } from './order.ts';
import { type Renewed, uidNow, withUidsNow } from './renewed.ts';
import type { UndoGroup, UndoStep } from './types.ts';

/** States in which a step has nothing (left) to take back. */
const NOTHING_LEFT: readonly StepState[] = ['REJECTED', 'UNDONE'];

export type OpenImage = (seq: number, name: ImageName) => Buffer | undefined;

/**
 * Groups the steps still to be taken back by object, in the order of restoring:
 * blockers first, users last; what we created goes away at the end, in the reverse order.
 * @param renewed of all steps of the transaction, also of those taken back: the images get the uids of now
 */
export function undoGroups(
  steps: readonly StepRow[],
  image: OpenImage,
  keyOf: (step: StepRow) => ObjectKey,
  renewed: Renewed,
): UndoGroup[] {
  const byObject = new Map<string, StepRow[]>();
  for (const step of steps) {
    if (NOTHING_LEFT.includes(step.state)) continue;
    const id = `${step.apiVersion}|${step.kind}|${step.namespace ?? ''}|${step.name}`;
    byObject.set(id, [...(byObject.get(id) ?? []), step]);
  }
  const groups = [...byObject.values()].map((rows) => {
    const sorted = rows.toSorted((a, b) => a.seq - b.seq);
    return { rows: sorted, steps: sorted.map((row) => undoStep(row, image, renewed)) };
  });
  return groups
    .toSorted((a, b) => rank(a) - rank(b))
    .flatMap(({ rows, steps: undoSteps }) => {
      const row = rows[0];
      return row === undefined ? [] : [{ key: keyOf(row), steps: undoSteps }];
    });
}

function rank(group: { rows: readonly StepRow[]; steps: readonly UndoStep[] }): number {
  const [row] = group.rows;
  return row === undefined ? 0 : restoreRank(row, group.steps);
}

function undoStep(row: StepRow, image: OpenImage, renewed: Renewed): UndoStep {
  const open = (name: ImageName) => {
    const object = objectOfImage(image(row.seq, name));
    return object && withUidsNow(object, renewed);
  };
  // Of a pod that was evicted and is still there, as of one that was deleted, nothing has to be taken back.
  const verb = row.verb === 'evict' ? 'delete' : row.verb;
  const isDelete = verb === 'delete';
  // Of a delete there is one where others wrote to the object until it was gone: that is what has to come back.
  const last = isDelete ? open('post') : undefined;
  const pre = last ?? open('pre');
  // Where no response was seen, the dry run's prediction stands for it: the merge is right either way.
  const post = isDelete ? undefined : (open('post') ?? open('predicted'));
  return {
    seq: row.seq,
    verb,
    intentId: row.intentId,
    pre,
    post,
    postUid: row.postUid === null ? undefined : uidNow(row.postUid, renewed),
    ...(last === undefined ? {} : { lastSeen: true }),
    ...(isDelete && image(row.seq, 'undo') !== undefined ? { restoring: true } : {}),
  };
}

/** The object of an image; undefined where the image is empty or holds something else. */
export function objectOfImage(bytes: Buffer | undefined): KubeObject | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  const value: Json = parseJson(bytes.toString('utf8'));
  return isKubeObject(value) ? value : undefined;
}
