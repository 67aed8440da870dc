import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type RunFacts, STOPPED_EARLY, sumOf } from '../campaign/report.ts';
import type { CampaignReport } from '../campaign/types.ts';
import { table } from './table.ts';

/** What campaigns printed with `--json`, as they printed it. */
const FOLDER = fileURLToPath(new URL('../campaign/measured/', import.meta.url));

/** Runs that were made: their command, what they did, and what was found against their invariants. */
export function measuredTable(): string {
  const runs = readdirSync(FOLDER)
    .sort()
    .map(
      (file) => JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8')) as RunFacts & CampaignReport,
    );
  const rows = runs.map((run) => [
    `\`${commandOf(run)}\``,
    didOf(run),
    foundIn(run),
    `${Math.round(run.seconds / 60)} min`,
  ]);
  const machines = [...new Set(runs.map(({ machine }) => machine))].join('; ');
  return `Machine: ${machines}.\n\n${table(['run', 'what it did', 'invariants', 'time'], rows)}`;
}

function commandOf({ campaign, size, seed, only = [] }: RunFacts): string {
  const words = only.map((word) => ` --only "${word}"`).join('');
  return `npm run ${campaign} -- --size ${size} --seed ${seed}${words}`;
}

function didOf({ totals, notes = [] }: CampaignReport): string {
  const did = Object.entries(totals)
    .map(([what, count]) => `${what} ${count.toLocaleString('en')}`)
    .join(', ');
  return notes.includes(STOPPED_EARLY) ? `stopped early: ${did}` : did;
}

function foundIn({ invariants }: CampaignReport): string {
  const { checked, broken } = sumOf(invariants);
  return `${invariants.length}, looked at ${checked.toLocaleString('en')} times, **${broken}** broken`;
}
