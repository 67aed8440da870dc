import { StratusError } from '../core/errors.ts';
import { losesData } from '../undo/data-guard.ts';
import { undoGroups } from '../undo/groups.ts';
import { renewedUids } from '../undo/renewed.ts';
import { optionsOf } from '../undo/restore.ts';
import { undoTarget } from '../undo/target.ts';
import type { UndoStep } from '../undo/types.ts';
import { nameOfKey } from './answers.ts';
import type { CompiledWrite } from './compile.ts';
import { stepsOn } from './fights.ts';
import type { EngineParts } from './parts.ts';
import type { Session } from './session.ts';
import type { Shapes } from './shapes.ts';

/**
 * Writes that can each be taken back may not be so together, because an object is restored by one write: claims
 * that were to be retained first, then a StatefulSet scaled up, would be deleted when both go back at once.
 * @throws StratusError irreversible
 */
export async function refuseJointLoss(
  parts: EngineParts,
  shapes: Shapes,
  session: Session,
  writes: readonly CompiledWrite[],
): Promise<void> {
  for (const compiled of writes) {
    const { key } = compiled;
    const step = stepOf(compiled);
    if (step?.post === undefined || key.resource.kind !== 'StatefulSet') continue;
    const [group] = undoGroups(
      stepsOn(parts, session, key),
      (seq, name) => parts.journal.transactions.image(session.id, seq, name),
      () => key,
      // The undone deletes are what tells the uid of now.
      renewedUids(parts.journal.transactions.steps(session.id)),
    );
    if (group === undefined) continue;
    const steps = [...group.steps, step];
    const [shape, options] = [await shapes.of(key), optionsOf(key)];
    const target = undoTarget(steps, step.post, shape, options);
    const loss = losesData(step.post, target, steps, shape, options);
    if (loss === undefined) continue;
    throw new StratusError(
      'irreversible',
      `The change of ${nameOfKey(key)} can't be undone together with what this transaction did to it before. ${loss}`,
      {
        rule: 'A2 faithful undo',
        next: 'Commit what retains the claims in a transaction of its own, then make this change in the next one.',
      },
    );
  }
}

/** The write as the journal will have it; undefined where nothing of the object is left. */
function stepOf({ write, intentId, base, predicted }: CompiledWrite): UndoStep | undefined {
  const { verb } = write;
  if (verb === 'delete' || verb === 'evict') return undefined;
  const postUid = predicted?.metadata.uid;
  return {
    seq: Number.MAX_SAFE_INTEGER,
    verb,
    intentId,
    pre: base?.object,
    post: predicted,
    postUid,
  };
}
