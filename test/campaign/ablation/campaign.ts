import { CARDS } from '../../scenarios/cards/index.ts';
import { writePolicy } from '../../scenarios/settings.ts';
import type { Campaign, CampaignReport, CampaignRun } from '../types.ts';
import { inLanes } from '../world/lanes.ts';
import { chooseIncidents } from './choose.ts';
import { type Played, playIncident } from './episode.ts';
import { type Done, reportOf } from './report.ts';
import type { Incident } from './types.ts';

const PLAYED: readonly Played[] = ['full', 'no undo', 'no gate'];
/** Incidents side by side: each has a namespace, a server, a journal and a Lease of its own. */
const LANES = 6;
/** More than any card has plans. */
const ATTEMPTS = 10;

interface Job {
  readonly incident: Incident;
  readonly variant: Played;
}

async function run(given: CampaignRun): Promise<CampaignReport> {
  const { seed, size, only, say, cluster, folder, stopped } = given;
  const kind = 'simulated';
  const policy = writePolicy(folder, kind, { incidents: { attempts: ATTEMPTS } });
  const jobs = chooseIncidents(seed, size, only).flatMap((incident) =>
    PLAYED.map((variant): Job => ({ incident, variant })),
  );
  const done = new Map<Job, Done>();
  let number = 0;
  const one = async (job: Job) => {
    const { incident, variant } = job;
    const stage = { cluster: await cluster(), kind, number: ++number, folder, policy } as const;
    try {
      const endings = await playIncident(stage, incident, variant);
      done.set(job, { incident, endings });
      for (const { variant: as, repaired } of endings) {
        say(`${incident.card.id} ${as}: ${repaired ? 'repaired' : 'not repaired'}`);
      }
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      done.set(job, { incident, endings: [], failure: `${variant}: ${failure}` });
      say(`${incident.card.id} ${variant}: ${failure}`);
    }
  };
  await inLanes(LANES, jobs, async (next) => {
    for (let job = next(); job !== undefined && stopped?.() !== true; job = next()) await one(job);
  });
  return reportOf(jobs.flatMap((job) => done.get(job) ?? []));
}

export const ablation: Campaign = {
  name: 'ablation',
  about:
    'What gate, undo and retry are each worth: right and wrong plans of the scenarios, in a drawn order, as attempts at one incident, with the full system and without each.',
  size: { unit: 'incidents', ci: 1, full: 2 * CARDS.length },
  stops: true,
  run,
};
