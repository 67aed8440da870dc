import fc from 'fast-check';
import { draw } from '../draw.ts';
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

const LANES = 4;

export const faultCampaign: Campaign = {
  name: 'fault-campaign',
  about:
    'A network that loses, repeats, delays and lies about requests, and a server that stands still meanwhile: what is undone is undone, what is kept is kept.',
  size: { unit: 'runs, all combinations at most', ci: 20, full: 5_000 },
  run,
};

async function run(options: CampaignRun): Promise<CampaignReport> {
  const { seed, size, only, say } = options;
  const cluster = await options.cluster();
  const lanes: Lane[] = [];
  for (let i = 0; i < LANES; i++) lanes.push(await Lane.open(cluster, options.folder, i));
  try {
    const small = size <= faultCampaign.size.ci;
    const seen = await discover(lanes, coursesFor(small));
    const all = allCases(seen).filter((one) => only.every((word) => nameOf(one).includes(word)));
    const cases = chosen(all, seed, size);
    say(`${cases.length} runs of ${all.length} combinations`);
    const tally = new Tally();
    await runAll(lanes, cases, tally, options);
    for (const lane of lanes) tally.chain(inJournal(lane.journal(), brokenChain));
    return tally.report();
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
  { seed, say }: CampaignRun,
): Promise<void> {
  let done = 0;
  await inLanes(lanes.length, cases, async (next, i) => {
    const lane = lanes[i] as Lane;
    const pauses = draw(seed + i, fc.integer({ min: 100, max: 600 }), 997);
    let turn = 0;
    const pause = () => pauses[turn++ % pauses.length] ?? 50;
    for (let one = next(); one !== undefined; one = next()) {
      try {
        tally.judged(one, judge(lane, one, await runCase(lane, one, one, pause)));
      } catch (error) {
        tally.failed(one, error instanceof Error ? (error.stack ?? error.message) : String(error));
        await lane.kill();
      }
      done += 1;
      if (done % 50 === 0) say(`${done} of ${cases.length}`);
    }
  });
}
