import type { ObjectKey } from '../cluster/types.ts';
import { toStratusError } from '../core/errors.ts';
import type { Json } from '../core/json.ts';
import type { ResolutionRow, StepRow } from '../journal/types.ts';
import { undoGroups } from '../undo/groups.ts';
import { renewedUids } from '../undo/renewed.ts';
import { changesReplicas, leavingReplicas } from '../undo/replicas.ts';
import { optionsOf } from '../undo/restore.ts';
import { undoTarget } from '../undo/target.ts';
import { keeperOf } from './autoscalers.ts';
import { isUnsent } from './deferred.ts';
import { isOfDefinition, learnKinds } from './definitions.ts';
import type { EngineParts } from './parts.ts';
import { resolutionOf } from './resolution-of.ts';
import type { Shapes } from './shapes.ts';
import { keyOfStep } from './undo-port.ts';
import { removesPod } from './verbs.ts';

/** An object that could not be taken back now, and why: with real values, never to be shown as they are. */
export interface Conflicted {
  readonly key: ObjectKey;
  readonly conflicts: readonly Json[];
}

/**
 * Looks, without writing, which objects of a transaction an undo would leave as they are.
 * @param resolutions decisions to reckon with
 */
export async function conflictsNow(
  parts: EngineParts,
  shapes: Shapes,
  transaction: string,
  resolutions: readonly ResolutionRow[] = [],
): Promise<Conflicted[]> {
  const store = parts.journal.transactions;
  const steps = store.steps(transaction).filter((step) => !removesPod(step) && !isUnsent(step));
  const keys = new Map<StepRow, ObjectKey>();
  await learnKinds(parts, steps);
  for (const step of steps) {
    try {
      keys.set(step, await keyOfStep(parts, step));
    } catch (thrown) {
      // It comes back with its definition; nobody can have changed it meanwhile.
      if (!isOfDefinition(step, toStratusError(thrown), steps)) throw thrown;
    }
  }
  const groups = undoGroups(
    steps.filter((step) => keys.has(step)),
    (seq, name) => store.image(transaction, seq, name),
    (step) => keys.get(step) as ObjectKey,
    renewedUids(store.steps(transaction)),
  );
  const found: Conflicted[] = [];
  for (const { key, steps: chain } of groups) {
    const live = await parts.reader.get(key);
    const resolution = resolutionOf(parts, resolutions, key);
    const shape = await shapes.of(key);
    const keeper = changesReplicas(chain) ? await keeperOf(parts, transaction, key) : undefined;
    const kept = keeper === undefined ? chain : leavingReplicas(chain, live?.object);
    const target = undoTarget(kept, live?.object, shape, optionsOf(key), resolution);
    if (target.kind === 'conflict') found.push({ key, conflicts: target.conflicts });
  }
  return found;
}
