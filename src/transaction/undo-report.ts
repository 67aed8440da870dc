import type { ObjectKey } from '../cluster/types.ts';
import { describeRef } from '../core/kube.ts';
import type { ObjectUndo } from '../undo/types.ts';
import { refOfKey } from './refs.ts';
import type { UndoReport } from './types.ts';

export function reported(key: ObjectKey, result: ObjectUndo): UndoReport['objects'][number] {
  return { object: refOfKey(key), ...result };
}

/** The report of a taking back, object by object. */
export function report(objects: readonly UndoReport['objects'][number][]): UndoReport {
  const bad = objects.filter(({ state }) => state !== 'UNDONE');
  if (objects.length === 0)
    return { complete: true, objects, summary: 'There was nothing to take back.' };
  const summary =
    bad.length === 0
      ? `${objects.length === 1 ? 'The object was' : `All ${objects.length} objects were`} taken back and verified.`
      : `${bad.length} of ${objects.length} objects could not be taken back: ${bad.map(({ object, state }) => `${describeRef(object)} (${state})`).join(', ')}.`;
  return { complete: bad.length === 0, objects, summary };
}
