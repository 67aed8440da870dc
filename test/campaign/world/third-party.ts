import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, stringifyJson } from '../../../src/core/json.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';

export const THEIRS = 'example.com/their-count';
const MANAGER = 'other-team';

/** Somebody else who annotates objects while we work on them. */
export interface ThirdParty {
  /** Stops writing. @returns the last value that the API server took, by path */
  stop(): Promise<ReadonlyMap<string, string>>;
}

/**
 * Writes an annotation to each of these objects again and again, a new value each time.
 * @param pause milliseconds between two rounds
 */
export function startThirdParty(
  cluster: ControlPlaneClient,
  paths: readonly string[],
  pause: () => number,
): ThirdParty {
  const acknowledged = new Map<string, string>();
  let count = 0;
  let stopped = false;
  const work = (async () => {
    while (!stopped) {
      for (const path of paths) {
        const value = String(++count);
        const patch: JsonObject = { metadata: { annotations: { [THEIRS]: value } } };
        const url = `${path}?fieldManager=${MANAGER}`;
        const { status } = await cluster.request('PATCH', url, stringifyJson(patch), {
          allow: [404, 409],
        });
        // Gone, it is not theirs any more; what comes back has what it had.
        if (status === 200) acknowledged.set(path, value);
      }
      await sleep(pause());
    }
  })();
  return {
    stop: async () => {
      stopped = true;
      await work;
      return acknowledged;
    },
  };
}
