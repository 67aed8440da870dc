import type { ResolutionRow, StepRow } from '../journal/types.ts';
import { nameOfKey } from './answers.ts';
import { conflictsNow } from './conflicts.ts';
import { isForGood } from './deferred.ts';
import type { EngineParts } from './parts.ts';
import { refOfKey, refOfStep } from './refs.ts';
import { shownConflicts } from './resolve.ts';
import type { Shapes } from './shapes.ts';
import type { UndoReport } from './types.ts';

/**
 * Looks whether a committed transaction can be taken back whole, without writing. Half of it taken back would
 * leave a state that nobody asked for, and a transaction that blocks all others.
 * @param resolutions decisions to reckon with
 * @returns what stands in the way; undefined when nothing does
 */
export async function previewUndo(
  parts: EngineParts,
  shapes: Shapes,
  transaction: string,
  resolutions: readonly ResolutionRow[] = [],
): Promise<UndoReport | undefined> {
  const lost = parts.journal.transactions.steps(transaction).filter(isForGood);
  if (lost.length > 0) return goneForGood(lost);
  const found = await conflictsNow(parts, shapes, transaction, resolutions);
  if (found.length === 0) return undefined;
  return {
    complete: false,
    objects: found.map(({ key, conflicts }) => ({
      object: refOfKey(key),
      state: 'UNDO_CONFLICT',
      how: `${nameOfKey(key)} was left as it is`,
      residual: [],
      conflicts: shownConflicts(parts, { key, conflicts }),
    })),
    summary:
      `Nothing was taken back, because the same fields were changed again since. ${laterOf(parts, transaction)}`.trim(),
  };
}

/** Half of it taken back would be a state that nobody asked for. */
function goneForGood(steps: readonly StepRow[]): UndoReport {
  const objects = steps.map((step): UndoReport['objects'][number] => ({
    object: refOfStep(step),
    state: 'UNDO_IMPOSSIBLE',
    how: 'it was removed for good after the commit, with an approval',
    residual: [],
    conflicts: [],
  }));
  const names = steps.map(({ kind, name }) => `${kind}/${name}`).join(', ');
  const summary = `Nothing was taken back: ${names} was removed for good after the commit, with an approval.`;
  return { complete: false, objects, summary };
}

/** Later transactions on the same objects: the ones to take back first. */
function laterOf(parts: EngineParts, transaction: string): string {
  const store = parts.journal.transactions;
  const nameOf = (step: StepRow) => [step.kind, step.namespace ?? '', step.name].join('/');
  const touched = new Set(store.steps(transaction).map(nameOf));
  const opened = store.get(transaction)?.openedAt ?? 0;
  const later = store
    .list({ states: ['COMMITTED'], limit: 200 })
    .rows.filter((row) => row.id !== transaction && row.openedAt >= opened)
    .filter((row) => store.steps(row.id).some((step) => touched.has(nameOf(step))))
    .map(({ id }) => id);
  return later.length === 0 ? '' : `Take back first: ${later.join(', ')}.`;
}
