import type { LiveObject, ObjectKey, WriteOutcome } from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import { diffPaths } from '../undo/diff.ts';
import { normalise } from '../undo/normalise.ts';
import { formatPath } from '../undo/path.ts';
import { optionsOf } from '../undo/restore.ts';
import { nameOfKey } from './answers.ts';
import type { EngineParts } from './parts.ts';
import type { Shapes } from './shapes.ts';

/** A controller in the middle of a rollout writes several times a second, so each attempt waits a little longer. */
export const STALE_ATTEMPTS = 8;
const LONGEST_PAUSE_MS = 500;

export function pauseAfterStale(
  clock: Clock,
  attempt: number,
  signal?: AbortSignal,
): Promise<void> {
  return clock.sleep(Math.min(10 * 2 ** attempt, LONGEST_PAUSE_MS), signal);
}

/** True when a write was refused because the object has moved on since it was read, and for nothing else. */
export function isStale(outcome: WriteOutcome): boolean {
  // The conflict of a server-side apply names the fields of other managers as its causes.
  return outcome.kind === 'rejected' && outcome.status === 409 && outcome.causes.length === 0;
}

/**
 * The newer version of an object that a plan was made from, if nobody changed what counts: controllers move the
 * resourceVersion all the time. Otherwise the caller has to look again, because it decided on what is no longer so.
 * @throws StratusError conflict
 */
export async function newerBase(
  parts: EngineParts,
  shapes: Shapes,
  key: ObjectKey,
  base: LiveObject | undefined,
  signal?: AbortSignal,
): Promise<LiveObject> {
  const live = await parts.reader.get(key, signal === undefined ? {} : { signal });
  if (base === undefined || live === undefined || live.uid !== base.uid) {
    throw new StratusError(
      'conflict',
      `${nameOfKey(key)} was created, deleted or replaced by somebody else meanwhile.`,
    );
  }
  const options = optionsOf(key);
  const shape = await shapes.of(key);
  const moved = diffPaths(normalise(base.object, options), normalise(live.object, options), shape);
  if (moved.length === 0) return live;
  throw new StratusError(
    'conflict',
    `${nameOfKey(key)} was changed by somebody else meanwhile, at ${moved.map(formatPath).slice(0, 5).join(', ')}.`,
  );
}
