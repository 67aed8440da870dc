import fc from 'fast-check';
import { draw } from '../draw.ts';
import { STOPPED_EARLY } from '../report.ts';
import type { Campaign, CampaignReport, CampaignRun } from '../types.ts';
import { brokenChain } from '../world/checks.ts';
import { FLOWS } from '../world/flows.ts';
import { inJournal } from '../world/journal.ts';
import { inLanes } from '../world/lanes.ts';
import { allCases, type Case, type Course, chosen, nameOf } from './cases.ts';
import { judge } from './judge.ts';
import { Lane } from './lane.ts';
import type { RequestKind } from './requests.ts';
import { runCase } from './run-case.ts';
import { Tally } from './tally.ts';

/** Runs side by side: most of their time they wait for a Lease to expire. */
const LANES = 16;

export const faultCampaign: Campaign = {
  name: 'fault-campaign',
  about:
    'A network that loses, repeats, delays and lies about requests, and a server that stands still meanwhile: what is undone is undone, what is kept is kept.',
  size: { unit: 'runs, all combinations at most', ci: 20, full: 5_000 },
  stops: true,
  run,
};

async function run(options: CampaignRun): Promise<CampaignReport> {
  const { seed, size, only, say } = options;
  const cluster = await options.cluster();
  const lanes: Lane[] = [];
  const count = size <= faultCampaign.size.ci ? 4 : LANES;
  for (let i = 0; i < count; i++) lanes.push(await Lane.open(cluster, options.folder, i));
  try {
    const small = size <= faultCampaign.size.ci;
    const seen = await discover(lanes, coursesFor(small));
    const all = allCases(seen).filter((one) => only.every((word) => nameOf(one).includes(word)));
    const cases = chosen(all, seed, size);
    say(`${cases.length} runs of ${all.length} combinations`);
    const tally = new Tally();
    await runAll(lanes, cases, tally, options);
    for (const lane of lanes) tally.chain(inJournal(lane.journal(), brokenChain));
    const report = tally.report();
    const early = options.stopped?.() ? [STOPPED_EARLY] : [];
    return { ...report, notes: [...early, ...(report.notes ?? [])] };
  } finally {
    for (const lane of lanes) await lane.close();
  }
}

/** What CI looks at: no pods, which take their time, and no creates that have to be waited out. */
const SMALL = ['patch, then abort', 'delete, then abort', 'undo of a committed one'];

function coursesFor(small: boolean): Course[] {
  const courses = FLOWS.flatMap((flow) => [false, true].map((lost) => ({ flow, lost })));
  return courses.filter(
    ({ flow, lost }) => !small || (SMALL.includes(flow.name) && lost === (flow.name === SMALL[0])),
  );
}

/** What requests an unharmed run makes. */
async function discover(
  lanes: readonly Lane[],
  courses: readonly Course[],
): Promise<(Course & { seen: readonly RequestKind[] })[]> {
  const found: (Course & { seen: readonly RequestKind[] })[] = [];
  await inLanes(lanes.length, courses, async (next, i) => {
    const lane = lanes[i] as Lane;
    for (let course = next(); course !== undefined; course = next()) {
      const { seen } = await runCase(lane, course, undefined, () => 1_000);
      found.push({ ...course, seen });
    }
  });
  // The order they came in is the machine's; the cases are to be the seed's.
  return found.sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

const keyOf = ({ flow, lost }: Course) => `${flow.name} ${lost}`;

async function runAll(
  lanes: readonly Lane[],
  cases: readonly Case[],
  tally: Tally,
  { seed, say, stopped = () => false }: CampaignRun,
): Promise<void> {
  let done = 0;
  await inLanes(lanes.length, cases, async (next, i) => {
    const lane = lanes[i] as Lane;
    const pauses = draw(seed + i, fc.integer({ min: 100, max: 600 }), 997);
    let turn = 0;
    const pause = () => pauses[turn++ % pauses.length] ?? 50;
    for (let one = next(); one !== undefined; one = next()) {
      if (stopped()) return;
      try {
        const ran = await runCase(lane, one, one, pause);
        // A Ctrl-C reaches the servers too: what was under way then is no run.
        if (stopped()) return;
        tally.judged(one, judge(lane, one, ran));
      } catch (error) {
        if (stopped()) return;
        tally.failed(one, error instanceof Error ? (error.stack ?? error.message) : String(error));
        await lane.kill();
      }
      done += 1;
      if (done % 50 === 0) say(`${done} of ${cases.length}`);
    }
  });
}
