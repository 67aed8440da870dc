import fc from 'fast-check';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import { draw } from '../draw.ts';
import { STOPPED_EARLY } from '../report.ts';
import type { Campaign, CampaignReport, CampaignRun } from '../types.ts';
import { type At, boundariesOf, firstDeaths, samplePoints, some } from './choose.ts';
import { DRAINED, DRAINED_TAINT, FLOWS } from './flows.ts';
import {
  type Deaths,
  type Lab,
  type Made,
  nameOf,
  runKilled,
  runUnharmed,
  type Unharmed,
} from './runs.ts';
import { Tally } from './tally.ts';
import { Witness } from './witness.ts';

const FULL = 1_000;
const CI = 4;
const AT_ONCE = 3;
/** Also words for `--only`. Those first of which there are few: whoever stops it early has some of each. */
const PHASES = ['random instant', 'two boundaries', 'one boundary', 'among reads'] as const;
const STATES = ['none', 'ABORTED', 'COMMITTED', 'UNDONE'] as const;

interface Job {
  readonly unharmed: Unharmed;
  readonly deaths: Deaths;
}

interface Row {
  readonly flow: string;
  readonly phase: string;
  readonly runs: Made[];
}

/** Kills servers at named boundaries, twice, and at random; then looks at what is left. */
export const crashCampaign: Campaign = {
  name: 'crash-campaign',
  about:
    'Kills servers with SIGKILL in the middle of changes, at each named boundary, again during the recovery, and at random instants, on a real API server with its controllers on.',
  size: {
    unit: 'kills at random instants; boundaries and pairs in proportion',
    ci: CI,
    full: FULL,
  },
  stops: true,
  run: runCampaign,
};

async function runCampaign(run: CampaignRun): Promise<CampaignReport> {
  const cluster = await run.cluster();
  const whole = run.size >= FULL;
  const stopped = run.stopped ?? (() => false);
  const lab: Lab = { cluster, folder: run.folder, tally: new Tally(run.say), stopped };
  const phases = PHASES.filter((phase) => run.only.includes(phase));
  const words = run.only.filter((word) => !PHASES.some((phase) => phase === word));
  const isWanted = (phase: (typeof PHASES)[number]) =>
    phases.length === 0 || phases.includes(phase);
  const wanted = FLOWS.filter(({ name, inCi, alone }) => {
    if (words.length > 0) return words.some((word) => name.includes(word));
    return whole || run.size > CI * 10 ? true : inCi === true && !alone;
  });
  if (wanted.some(({ alone }) => alone)) await reserveNode(cluster);
  const unharmed: Unharmed[] = [];
  await pool(wanted, async (flow) => {
    unharmed.push(await runUnharmed(lab, flow));
  });
  unharmed.sort((a, b) => a.flow.name.localeCompare(b.flow.name));
  const rows = new Map<string, Row>();
  const share = run.size / FULL;

  const perform = async (phase: string, jobs: readonly Job[]): Promise<Made[]> => {
    run.say(`${phase}: ${jobs.length} runs`);
    const made: Made[] = [];
    await pool(jobs, async ({ unharmed: flow, deaths }) => {
      if (stopped()) return;
      const key = `${flow.flow.name}|${phase}`;
      try {
        const one = await runKilled(lab, flow, deaths);
        if (one === undefined) return;
        lab.tally.check('ran', undefined);
        made.push(one);
        const row = rows.get(key) ?? { flow: flow.flow.name, phase, runs: [] };
        row.runs.push(one);
        rows.set(key, row);
      } catch (error) {
        if (stopped()) return;
        lab.tally.check('ran', `${flow.flow.name}, ${deaths.name}: ${String(error)}`);
      }
      if (made.length % 20 === 0) run.say(`${phase}: ${made.length}, ${lab.tally.failures} broken`);
    });
    return made;
  };

  const all = unharmed.flatMap((flow) => flow.points.map((point) => ({ flow, point })));
  const { distinct, among } = boundariesOf(run.seed, unharmed);
  if (isWanted('random instant')) await perform('random instant', atRandom(run, unharmed));
  if (isWanted('two boundaries')) {
    await perform('two boundaries', await pairs(run, lab, unharmed, share));
  }
  if (isWanted('one boundary')) {
    const points = share < 1 ? samplePoints(run.seed, all, share) : distinct;
    await perform('one boundary', points.map(killedAt));
  }
  if (isWanted('among reads') && share >= 1) await perform('among reads', among.map(killedAt));
  return report(cluster, lab, [...rows.values()], run, {
    reached: all.length,
    flows: wanted.length,
  });
}

function killedAt({ flow, point }: At): Job {
  return { unharmed: flow, deaths: { name: `killed at ${point}`, first: { at: point } } };
}

/** A first death, and a second at a boundary that the recovery from it passes. */
async function pairs(
  run: CampaignRun,
  lab: Lab,
  flows: readonly Unharmed[],
  share: number,
): Promise<Job[]> {
  const firsts = firstDeaths(run.seed, flows);
  const chosen = some(run.seed, firsts, Math.max(2, Math.ceil(share * firsts.length)));
  const jobs: Job[] = [];
  await pool(chosen, async ({ flow, point }) => {
    if (lab.stopped()) return;
    const deaths: Deaths = {
      name: `killed at ${point}`,
      first: { at: point },
      logged: true,
    };
    const made = await runKilled(lab, flow, deaths).catch((error: unknown) => {
      lab.tally.check('ran', `${flow.flow.name}, ${deaths.name}: ${String(error)}`);
    });
    if (made === undefined) return;
    const byName = new Map(made.recovery.toReversed().map((second) => [nameOf(second), second]));
    for (const second of byName.values()) {
      const name = `killed at ${point}, then at ${second}`;
      jobs.push({ unharmed: flow, deaths: { name, first: { at: point }, second } });
    }
  });
  jobs.sort((a, b) => a.deaths.name.localeCompare(b.deaths.name));
  return some(run.seed, jobs, Math.max(3, Math.ceil(share * FULL)));
}

function atRandom(run: CampaignRun, flows: readonly Unharmed[]): Job[] {
  const instants = fc.integer({ min: 0, max: 1_000 });
  return draw(run.seed, instants, run.size).flatMap((part, i) => {
    const flow = flows[i % flows.length];
    if (flow === undefined) return [];
    const afterMs = Math.round((part / 1_000) * flow.ms);
    const name = `killed ${afterMs} ms after it began`;
    return [{ unharmed: flow, deaths: { name, first: { afterMs } } }];
  });
}

function report(
  cluster: ControlPlaneClient,
  lab: Lab,
  rows: readonly Row[],
  run: CampaignRun,
  { reached, flows }: { reached: number; flows: number },
): CampaignReport {
  const { tally } = lab;
  const witness = new Witness();
  const all = rows.flatMap((row) => row.runs);
  for (const made of all) witness.know(made.namespace, made.intents);
  witness.read(cluster.auditLogPath, tally);
  const unheard = (runs: readonly Made[]) =>
    runs.flatMap(({ killed }) => killed).reduce((sum, one) => sum + witness.unacknowledged(one), 0);
  const count = (runs: readonly Made[], test: (state: string) => boolean) =>
    runs.filter(({ state }) => test(state)).length;
  const cells = ({ flow, phase, runs }: Row) => [
    flow,
    phase,
    runs.length,
    runs.reduce((sum, { kills }) => sum + kills, 0),
    ...STATES.map((wanted) => count(runs, (state) => state === wanted)),
    count(runs, (state) => !STATES.some((known) => known === state)),
    unheard(runs),
  ];
  return {
    columns: ['flow', 'killed at', 'runs', 'kills', ...STATES, 'other', 'unacknowledged'],
    rows: rows
      .toSorted((a, b) => a.flow.localeCompare(b.flow) || a.phase.localeCompare(b.phase))
      .map(cells),
    totals: {
      flows,
      boundaries: reached,
      runs: all.length,
      kills: all.reduce((sum, { kills }) => sum + kills, 0),
      'writes stored without an acknowledgement': unheard(all),
      ...Object.fromEntries(STATES.map((state) => [state, count(all, (one) => one === state)])),
    },
    invariants: tally.invariants(),
    notes: [
      ...(lab.stopped() ? [STOPPED_EARLY] : []),
      'runs without their kill: the boundary was not reached, because how often the cluster is read depends on its pace.',
      'unacknowledged: stored by the word of the API server’s audit log, while the journal of the dead process did not know.',
      'pairs: of each boundary by name one occurrence, and of the pairs as many as the size says, drawn.',
      ...(run.size < FULL
        ? [`a part of the boundaries and pairs: size ${run.size} of ${FULL}.`]
        : []),
    ],
  };
}

/** Nothing but the pods of the drain runs on the node that is drained. */
async function reserveNode(cluster: ControlPlaneClient): Promise<void> {
  await cluster.request('PATCH', `/api/v1/nodes/${DRAINED}`, { spec: { taints: [DRAINED_TAINT] } });
}

/** A few at a time; a flow that has to be alone waits for itself. */
async function pool<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const flowOf = (item: T) => {
    const { flow, unharmed } = item as { flow?: Unharmed; unharmed?: Unharmed };
    return unharmed?.flow ?? flow?.flow;
  };
  let busy = false;
  const failures: unknown[] = [];
  const next = (): T | undefined => {
    const at = queue.findIndex((item) => !(busy && flowOf(item)?.alone));
    return at < 0 ? undefined : queue.splice(at, 1)[0];
  };
  const worker = async () => {
    for (let item = next(); item !== undefined; item = next()) {
      const alone = flowOf(item)?.alone === true;
      if (alone) busy = true;
      await work(item).catch((error: unknown) => failures.push(error));
      if (alone) busy = false;
    }
  };
  while (queue.length > 0) await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
}
