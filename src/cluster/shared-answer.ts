import { setMaxListeners } from 'node:events';
import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';

export interface SharedAnswer<T> {
  /** `fresh` asks again even if the last answer is young. */
  get(options: { fresh?: boolean | undefined; signal?: AbortSignal | undefined }): Promise<T>;
}

/**
 * One answer for all who ask within `ttlMs`; concurrent callers share one question. A failure is
 * not kept. One caller's cancellation ends only that caller's waiting.
 */
export function sharedAnswer<T>(
  ask: () => Promise<T>,
  ttlMs: number,
  clock: Clock,
): SharedAnswer<T> {
  let held: { answer: Promise<T>; until: number } | undefined;
  return {
    get({ fresh, signal }) {
      if (!held || fresh || clock.monotonic() >= held.until) {
        const asked = { answer: ask(), until: clock.monotonic() + ttlMs };
        held = asked;
        asked.answer.catch(() => {
          if (held === asked) held = undefined;
        });
      }
      return waitFor(held.answer, signal);
    },
  };
}

function waitFor<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer;
  return new Promise((resolve, reject) => {
    const cancelled = () => reject(new StratusError('cancelled', 'The call was cancelled.'));
    if (signal.aborted) cancelled();
    // Those who ask at once share their call's signal; each takes its listener off again.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', cancelled, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancelled));
  });
}
