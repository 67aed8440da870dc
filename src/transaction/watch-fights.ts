import { StratusError, toStratusError } from '../core/errors.ts';
import { isFight, lookForFights } from './fights.ts';
import type { EngineParts } from './parts.ts';
import type { Session } from './session.ts';
import type { Shapes } from './shapes.ts';

/** Between two looks at the touched objects while a commit settles, ms; more where there are many. */
const PAUSE_MS = 1_000;
const PAUSE_PER_OBJECT_MS = 100;

/** Looks at what was written as long as a commit settles. */
export interface FightWatch {
  /** Aborts when somebody fights; its reason is a StratusError with the sentence. */
  readonly signal: AbortSignal;
  stop(): Promise<void>;
}

/** What is put back and forth can't be measured: the settling ends as soon as that is seen. */
export function watchFights(parts: EngineParts, shapes: Shapes, session: Session): FightWatch {
  const found = new AbortController();
  const ended = new AbortController();
  const look = async (): Promise<void> => {
    const objects = parts.journal.transactions.steps(session.id).length;
    const pause = Math.max(PAUSE_MS, objects * PAUSE_PER_OBJECT_MS);
    while (!ended.signal.aborted) {
      const [fight] = await lookForFights(parts, shapes, session, isFight).catch((error) => {
        // A look that fails is made up for by the next one, and by the last one before the gate.
        parts.log.debug({ error: toStratusError(error).message }, 'no look at the touched objects');
        return [];
      });
      if (fight !== undefined) {
        found.abort(new StratusError('reconciler_fight', fight));
        return;
      }
      await parts.clock.sleep(pause, ended.signal).catch(() => undefined);
    }
  };
  const looking = look();
  return {
    signal: found.signal,
    stop: async () => {
      ended.abort();
      await looking;
    },
  };
}
