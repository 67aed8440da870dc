import { join } from 'node:path';
import { startControlPlane } from '../../cluster/control-plane.ts';
import type { Campaign, CampaignReport, CampaignRun, Invariant } from '../types.ts';
import { type Case, casesOf, FAULTS } from './cases.ts';
import { type CaseResult, runCase } from './run-case.ts';

/** Cases side by side. */
const LANES = 3;

interface Done {
  readonly it: Case;
  readonly result: CaseResult | undefined;
  readonly failure?: string;
}

async function run({
  seed,
  size,
  only,
  say,
  cluster,
  folder,
}: CampaignRun): Promise<CampaignReport> {
  const cases = casesOf(seed, size).filter(
    ({ fault }) => only.length === 0 || only.some((word) => fault.includes(word)),
  );
  const done: Done[] = [];
  const one = async (it: Case, plane: Parameters<typeof runCase>[1]) => {
    try {
      const result = await runCase(it, plane, join(folder, String(it.number)));
      done.push({ it, result });
      say(`${it.number}: ${it.fault}, ${result.proof.writes.length} writes`);
    } catch (error) {
      done.push({ it, result: undefined, failure: String(error) });
      say(`${it.number}: ${it.fault}: ${String(error)}`);
    }
  };
  // Who restarts an API server has to have one alone.
  const alone = cases.filter(({ fault }) => fault === 'the API server is restarted');
  const queue = cases.filter((it) => !alone.includes(it));
  const lane = async () => {
    for (let it = queue.shift(); it !== undefined; it = queue.shift())
      await one(it, await cluster());
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  if (alone.length > 0) {
    const own = await startControlPlane({ log: say });
    try {
      for (const it of alone) await one(it, own);
    } finally {
      await own.stop();
    }
  }
  return reportOf(done);
}

function reportOf(done: readonly Done[]): CampaignReport {
  const found = done.flatMap(({ it, result }) => (result === undefined ? [] : [{ it, result }]));
  const label = ({ number, fault, journals }: Case) =>
    `case ${number} (${fault}; ${journals} journal${journals === 1 ? '' : 's'})`;
  const invariant = (
    name: string,
    checked: (result: CaseResult) => number,
    broken: (result: CaseResult) => readonly string[],
  ): Invariant => ({
    name,
    checked: found.reduce((sum, { result }) => sum + checked(result), 0),
    broken: found.flatMap(({ it, result }) =>
      broken(result).map((what) => `${label(it)}: ${what}`),
    ),
  });
  const count = (rows: typeof found, what: (result: CaseResult) => number) =>
    rows.reduce((sum, { result }) => sum + what(result), 0);
  const answers = (word: string) => (result: CaseResult) => result.answers.get(word) ?? 0;
  const rows = FAULTS.flatMap((fault) =>
    [2, 1].flatMap((journals) => {
      const these = found.filter(({ it }) => it.fault === fault && it.journals === journals);
      if (these.length === 0) return [];
      return [
        [
          fault,
          journals,
          these.length,
          count(these, ({ proof }) => proof.acquisitions.length),
          count(these, ({ proof }) => proof.writes.length),
          count(these, answers('committed')),
          count(these, answers('writer_busy')),
          count(these, answers('lease_lost')),
          count(these, ({ proof }) => proof.broken.length),
        ],
      ];
    }),
  );
  return {
    columns: [
      'what happens to the writer',
      'journals',
      'cases',
      'epochs',
      'writes',
      'commits',
      'refused: busy',
      'refused: lost',
      'out of turn',
    ],
    rows,
    totals: {
      cases: done.length,
      epochs: count(found, ({ proof }) => proof.acquisitions.length),
      writes: count(found, ({ proof }) => proof.writes.length),
    },
    invariants: [
      invariant(
        'writes of one epoch at a time, in order, none after the next epoch has written',
        ({ proof }) => proof.writes.length,
        ({ proof }) => proof.broken,
      ),
      invariant(
        'each intent was sent in the epoch that its journal names',
        ({ journaled }) => journaled.agreed + journaled.other.length,
        ({ journaled }) => journaled.other,
      ),
      invariant(
        'in the end the Lease is free and nothing of ours is left',
        () => 1,
        ({ left }) => left,
      ),
      {
        name: 'every case came to its end',
        checked: done.length,
        broken: done.flatMap(({ it, failure }) =>
          failure === undefined ? [] : [`${label(it)}: ${failure}`],
        ),
      },
    ],
    notes: [
      'Who held the Lease and who wrote when is read from the API server’s audit log alone: each server has a name of its own in it, and an acquisition has its epoch in its Audit-ID.',
    ],
  };
}

export const exclusivity: Campaign = {
  name: 'exclusivity',
  about:
    'Two servers on one Lease, with pauses, clock jumps, deaths and a freed or deleted Lease: at each moment only one of them writes.',
  size: { unit: 'cases', ci: 7, full: 80 },
  run,
};
