import { randomUUID } from 'node:crypto';
import { AREAS } from './behaviours/index.ts';
import { differences } from './compare.ts';
import { startEmbedded, TOKEN } from './embedded.ts';
import { connectApi, type OwnedApi, observe, type Place } from './stage.ts';
import type { Behaviour } from './types.ts';

export interface Result {
  readonly area: string;
  readonly behaviour: Behaviour;
  /** Where the two differ; empty when they are equal. */
  readonly lines: readonly string[];
  /** Milliseconds that each took. */
  readonly real: number;
  readonly embedded: number;
}

/** Behaviours that run at a time: most of one is waiting for controllers. */
const PARALLEL = 6;

/** Runs every behaviour on both and compares what they observed. */
export async function playAll(real: Place): Promise<Result[]> {
  const cluster = await startEmbedded();
  const embedded: Place = { server: cluster.server, token: TOKEN };
  const [one, other] = [connectApi(real), connectApi(embedded)];
  try {
    const jobs = AREAS.flatMap(({ area, behaviours }) =>
      behaviours.map((behaviour) => ({ area, behaviour })),
    );
    const results: Result[] = [];
    const worker = async () => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
        results.push(await playOne(one, other, job.area, job.behaviour));
      }
    };
    const order = new Map(jobs.map(({ behaviour }, at) => [behaviour, at]));
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    const rank = ({ behaviour }: Result) => order.get(behaviour) ?? 0;
    return results.sort((a, b) => rank(a) - rank(b));
  } finally {
    await Promise.all([one.close(), other.close(), cluster.stop()]);
  }
}

async function playOne(
  real: OwnedApi,
  embedded: OwnedApi,
  area: string,
  behaviour: Behaviour,
): Promise<Result> {
  const suffix = randomUUID().slice(0, 8);
  const timed = async (api: OwnedApi) => {
    const started = performance.now();
    const seen = await observe(api, behaviour, suffix);
    return { seen, ms: Math.round(performance.now() - started) };
  };
  const [one, other] = await Promise.all([timed(real), timed(embedded)]);
  const lines = differences(one.seen, other.seen);
  return { area, behaviour, lines, real: one.ms, embedded: other.ms };
}

/** A behaviour that differs though it is not said to, or the other way round. */
export function isBroken({ behaviour, lines }: Result): boolean {
  return lines.length > 0 !== (behaviour.differs !== undefined);
}
