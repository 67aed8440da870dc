import type { StepRow } from '../journal/types.ts';
import { undoGroups } from '../undo/groups.ts';
import { optionsOf } from '../undo/restore.ts';
import { undoTarget } from '../undo/target.ts';
import { nameOfKey } from './answers.ts';
import type { EngineParts } from './parts.ts';
import { redactNote } from './redact-note.ts';
import { refOfKey } from './refs.ts';
import type { Shapes } from './shapes.ts';
import type { UndoReport } from './types.ts';
import { keyOfStep } from './undo-port.ts';
import { removesPod } from './verbs.ts';

/**
 * Looks whether a committed transaction can be taken back whole, without writing. Half of it taken back would
 * leave a state that nobody asked for, and a transaction that blocks all others.
 * @returns what stands in the way; undefined when nothing does
 */
export async function previewUndo(
  parts: EngineParts,
  shapes: Shapes,
  transaction: string,
): Promise<UndoReport | undefined> {
  const store = parts.journal.transactions;
  const steps = store.steps(transaction);
  const keys = new Map<StepRow, Awaited<ReturnType<typeof keyOfStep>>>();
  for (const step of steps) keys.set(step, await keyOfStep(parts, step));
  const groups = undoGroups(
    steps.filter((step) => !removesPod(step)),
    (seq, name) => store.image(transaction, seq, name),
    (step) => keys.get(step) as Awaited<ReturnType<typeof keyOfStep>>,
  );
  const objects: UndoReport['objects'][number][] = [];
  for (const { key, steps: chain } of groups) {
    const live = await parts.reader.get(key);
    const target = undoTarget(chain, live?.object, await shapes.of(key), optionsOf(key));
    if (target.kind !== 'conflict') continue;
    const { kind } = key.resource;
    objects.push({
      object: refOfKey(key),
      state: 'UNDO_CONFLICT',
      how: `${nameOfKey(key)} was left as it is`,
      residual: [],
      conflicts: target.conflicts.map((one) => redactNote(kind, one, parts.policy.redaction)),
    });
  }
  if (objects.length === 0) return undefined;
  return {
    complete: false,
    objects,
    summary:
      `Nothing was taken back, because the same fields were changed again since. ${laterOf(parts, transaction)}`.trim(),
  };
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
