import type { Campaign, CampaignReport, CampaignRun } from '../campaign/types.ts';
import { inLanes } from '../campaign/world/lanes.ts';
import { CARDS } from './cards/index.ts';
import { chooseJobs, type Job, nameOf } from './choose.ts';
import { play } from './play.ts';
import { type Done, reportOf, surprises } from './report.ts';
import { writePolicy } from './settings.ts';
import type { ClusterKind } from './types.ts';

/** Plans side by side: each has a namespace, a server, a journal and a Lease of its own. */
const LANES: Readonly<Record<ClusterKind, number>> = { simulated: 6, embedded: 6, real: 5 };

async function run({
  seed,
  size,
  only,
  say,
  cluster,
  clusterKind: kind = 'simulated',
  folder,
  stopped,
}: CampaignRun): Promise<CampaignReport> {
  const jobs = chooseJobs(CARDS, only, size, seed);
  const policy = writePolicy(folder, kind);
  const done = new Map<Job, Done>();
  let number = 0;
  const one = async (job: Job) => {
    const stage = { cluster: await cluster(), kind, number: ++number, folder, policy };
    try {
      const result = await play(stage, job.card, job.plan);
      done.set(job, { job, result });
      const against = surprises(result, kind).map((it) => `; ${it}`);
      say(`${nameOf(job)}: ${result.outcome}, ${result.seconds} s${against.join('')}`);
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      done.set(job, { job, result: undefined, failure });
      say(`${nameOf(job)}: ${failure}`);
    }
  };
  const lanes = (count: number, these: readonly Job[]) =>
    inLanes(count, these, async (next) => {
      for (let job = next(); job !== undefined && stopped?.() !== true; job = next())
        await one(job);
    });
  await lanes(
    LANES[kind],
    jobs.filter(({ plan }) => plan.alone !== true),
  );
  // Who drains a node evicts everybody's pods.
  await lanes(
    1,
    jobs.filter(({ plan }) => plan.alone === true),
  );
  return reportOf(
    jobs.flatMap((job) => done.get(job) ?? []),
    kind,
  );
}

const plans = CARDS.reduce((sum, card) => sum + card.plans.length, 0);

export const scenarios: Campaign = {
  name: 'scenarios',
  about:
    'Failures to repair, from public problem sets: each right plan and each wrong one is played over MCP; right ones are kept, worse ones refused or undone.',
  size: { unit: 'plans', ci: 36, full: plans },
  clusters: ['simulated', 'real', 'embedded'],
  stops: true,
  run,
};
