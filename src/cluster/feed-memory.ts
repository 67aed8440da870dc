import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8 unmaps what one collection has freed during the next ones. */
const ROUNDS = 4;
const BETWEEN_MS = 1_000;

/**
 * Returns what was just dropped to the system. An idle process allocates nothing, so V8 would
 * never come to collect it: measured after 10,000 pods, 246 MB stayed resident for good, of which
 * 13 MB were in use. Pauses the process for some 50 ms; for moments when nobody waits.
 */
export function giveBackMemory(rounds = ROUNDS): void {
  collect();
  if (rounds > 1) setTimeout(giveBackMemory, BETWEEN_MS, rounds - 1).unref();
}

function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext("typeof gc === 'function' ? gc : undefined");
  if (typeof gc === 'function') gc();
}
