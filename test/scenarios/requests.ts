import { setTimeout as sleep } from 'node:timers/promises';
import { lost, type Traffic } from '../cluster/traffic.ts';
import { unless } from './oracle.ts';
import type { Findings, Ground } from './types.ts';

/** Long enough for some ten requests to each Service. */
const LOOK_MS = 1_500;

/** Counts what a change costs the users of the Services that answered before it. */
export interface Meter {
  /** The change begins: who answered until now is looked at from here. */
  begin(): void;
  /** Requests that were lost since; undefined where nothing really serves. */
  end(): Promise<number | undefined>;
}

export async function meterRequests(ground: Ground): Promise<Meter> {
  const traffic = await ground.traffic?.();
  if (traffic === undefined) return { begin: () => undefined, end: async () => undefined };
  let before = traffic.counts();
  return {
    begin: () => {
      before = traffic.counts();
    },
    async end() {
      const counts = await traffic.stop();
      const serving = Object.keys(counts).filter(
        (name) => lost(before[name]) === 0 && Object.keys(before[name] ?? {}).length > 0,
      );
      return serving.reduce((sum, name) => sum + lost(counts[name]), 0);
    },
  };
}

/** Every Service of the shop answers every request, through its callees; nothing where nothing really serves. */
export async function answers(ground: Ground): Promise<Findings> {
  const traffic: Traffic | undefined = await ground.traffic?.();
  if (traffic === undefined) return [];
  await sleep(LOOK_MS);
  const counts = await traffic.stop();
  return Object.entries(counts).flatMap(([name, outcomes]) => [
    ...unless(
      lost(outcomes) === 0,
      `Service ${name} does not answer every request: ${JSON.stringify(outcomes)}`,
    ),
    ...unless((outcomes['200'] ?? 0) > 0, `Service ${name} does not answer`),
  ]);
}
