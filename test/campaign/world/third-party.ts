import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, stringifyJson } from '../../../src/core/json.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';

export const THEIRS = 'example.com/their-count';
const MANAGER = 'other-team';

/** Somebody else who annotates objects while we work on them. */
export interface ThirdParty {
  /** Writes to one more object, once. */
  write(path: string): Promise<void>;
  /** Stops writing. @returns the last value that the API server took, by path */
  stop(): Promise<ReadonlyMap<string, string>>;
}

/**
 * Writes an annotation to this object again and again, a new value each time.
 * @param pause milliseconds between two writes
 */
export function startThirdParty(
  cluster: ControlPlaneClient,
  always: string,
  pause: () => number,
): ThirdParty {
  const acknowledged = new Map<string, string>();
  let count = 0;
  let stopped = false;
  const write = async (path: string) => {
    const value = String(++count);
    const patch: JsonObject = { metadata: { annotations: { [THEIRS]: value } } };
    const url = `${path}?fieldManager=${MANAGER}`;
    const allow = [404, 409];
    const { status } = await cluster.request('PATCH', url, stringifyJson(patch), { allow });
    // What is not there has nothing of theirs.
    if (status === 200) acknowledged.set(path, value);
  };
  const extra: Promise<void>[] = [];
  const work = (async () => {
    while (!stopped) {
      await write(always);
      await sleep(pause());
    }
  })();
  return {
    write: (path) => {
      const writing = write(path);
      extra.push(writing);
      return writing;
    },
    stop: async () => {
      stopped = true;
      await Promise.all([work, ...extra]);
      return acknowledged;
    },
  };
}
