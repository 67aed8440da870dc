import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectCluster } from '../../../src/cluster/connect.ts';
import { createReader } from '../../../src/cluster/reader.ts';
import type { ClusterReader } from '../../../src/cluster/types.ts';
import { openIncident, Refused } from '../../scenarios/attempt.ts';
import { clearGround, layGround } from '../../scenarios/ground.ts';
import {
  lookForSymptoms,
  type Stage,
  severityOf,
  stepsIn,
  tryPlan,
  until,
  waitForHealth,
} from '../../scenarios/play.ts';
import type { Card, Ground, Plan } from '../../scenarios/types.ts';
import { type Assistant, startAssistant } from '../../story/client.ts';
import { sendDirectly } from './direct.ts';
import type { Ending, Incident, Tried, Variant } from './types.ts';

/** The variants that are played; the one without retry is the full system's first attempt. */
export type Played = Exclude<Variant, 'no retry'>;

/** Samples of a severity that has come to rest, and the time between two of them. */
const SAMPLES = 4;
const BETWEEN_MS = 1_000;

interface Scene {
  readonly ground: Ground;
  readonly assistant: Assistant;
  readonly reader: ClusterReader;
  readonly incident: Incident;
}

/** Plays one incident from a healthy shop to its end, on a ground of its own. */
export async function playIncident(
  stage: Stage,
  incident: Incident,
  variant: Played,
): Promise<Ending[]> {
  const { card } = incident;
  const ground = await layGround(stage, card);
  const kubeconfig = stage.cluster.kubeconfig();
  const connection = await connectCluster({ kubeconfig, env: {} });
  const journal = join(mkdtempSync(join(stage.folder, 'journal-')), 'journal.db');
  const assistant = await startAssistant({ kubeconfig, journal, policy: stage.policy });
  try {
    const [ill] = await waitForHealth(ground, assistant, card);
    if (ill !== undefined) throw new Error(ill);
    await card.inject(ground);
    await lookForSymptoms(ground, assistant, card);
    const before = await resting(ground, assistant, card);
    const scene = { ground, assistant, reader: createReader(connection), incident };
    return await attempts(scene, variant, before);
  } finally {
    await assistant.close();
    await connection.close();
    for (const plan of incident.order) await plan.cleanUp?.(ground);
    await clearGround(ground);
  }
}

/** Plan after plan, until one seems to have repaired it. */
async function attempts(scene: Scene, variant: Played, before: number): Promise<Ending[]> {
  const { incident } = scene;
  const endings: Ending[] = [];
  const tried: Tried[] = [];
  const ending = async (as: Variant): Promise<Ending> => ({
    ...{ incident, variant: as, tried: [...tried], before },
    ...(await stateNow(scene, tried.at(-1)?.plan.right === true)),
  });
  const attempt = await assistantFor(scene, variant);
  for (const plan of incident.order) {
    const outcome = await attempt(plan);
    tried.push({ plan, outcome });
    const isOver = (outcome === 'committed' || outcome === 'sent') && (await isQuiet(scene));
    if (variant === 'full' && tried.length === 1) endings.push(await ending('no retry'));
    if (isOver) break;
  }
  return [...endings, await ending(variant)];
}

type Attempt = (plan: Plan) => Promise<Tried['outcome']>;

async function assistantFor(scene: Scene, variant: Played): Promise<Attempt> {
  const { ground, assistant, incident, reader } = scene;
  const send = async (plan: Plan) =>
    sendDirectly(ground.cluster, reader, stepsIn(await plan.steps(ground)));
  if (variant === 'no gate') {
    return async (plan) => ((await send(plan)) === undefined ? 'sent' : 'failed');
  }
  const { id, title } = incident.card;
  const wanted = incident.order.flatMap((plan) => plan.namespaces?.(ground) ?? []);
  const namespaces = [...new Set([ground.namespace, ...wanted])];
  const open = await openIncident(assistant, `${id} ${title}`, namespaces);
  return async (plan) => {
    try {
      const { outcome } = await tryPlan(ground, assistant, open, plan);
      if (outcome !== 'undone' || variant === 'full') return outcome;
      return (await send(plan)) === undefined ? 'stays' : 'failed';
    } catch (error) {
      // What an earlier attempt has left may be more than the server lets the next one build upon.
      if (error instanceof Refused) return 'refused';
      throw error;
    }
  };
}

/** Nothing fires any more, and it stays so. */
async function isQuiet({ ground, assistant, incident }: Scene): Promise<boolean> {
  return await until(ground, async () => {
    for (let sample = 0; sample < SAMPLES; sample++) {
      if ((await severityOf(assistant, ground, incident.card)) > 0) return false;
      await sleep(BETWEEN_MS);
    }
    return true;
  });
}

async function stateNow({ ground, assistant, incident }: Scene, isPatient: boolean) {
  const { card } = incident;
  const asked = async () => (await card.oracle(ground)).length === 0;
  const repaired = isPatient ? await until(ground, asked) : await asked();
  return { after: await resting(ground, assistant, card), repaired };
}

/** Severity once it holds still for some samples, or as it is when patience is over. */
async function resting(ground: Ground, assistant: Assistant, card: Card): Promise<number> {
  let last = Number.NaN;
  let equal = 0;
  await until(ground, async () => {
    const now = await severityOf(assistant, ground, card);
    equal = now === last ? equal + 1 : 1;
    last = now;
    if (equal < SAMPLES) await sleep(BETWEEN_MS);
    return equal >= SAMPLES;
  });
  return last;
}
