import type { CampaignReport, Invariant } from './types.ts';

export interface RunFacts {
  readonly campaign: string;
  readonly seed: number;
  readonly size: number;
  /** Words that it was limited to. */
  readonly only?: readonly string[];
  readonly seconds: number;
  readonly machine: string;
}

/** Among the notes of a campaign that was interrupted. */
export const STOPPED_EARLY = 'stopped early: the rest was not run.';

/** How many broken cases of one invariant are spelled out. */
const SHOWN = 20;

export function holds({ invariants }: Pick<CampaignReport, 'invariants'>): boolean {
  return invariants.length > 0 && invariants.every(invariantHolds);
}

function invariantHolds({ checked, broken }: Invariant): boolean {
  return checked > 0 && broken.length === 0;
}

/** How often all of them were looked at, and what was found against them. */
export function sumOf(invariants: readonly Invariant[]): { checked: number; broken: number } {
  return invariants.reduce(
    (sum, one) => ({
      checked: sum.checked + one.checked,
      broken: sum.broken + one.broken.length,
    }),
    { checked: 0, broken: 0 },
  );
}

/** The report for a reader: the table, the totals, each invariant with what was found against it. */
export function textOf(facts: RunFacts, report: CampaignReport): string {
  const { campaign, seed, size, only = [], seconds, machine } = facts;
  const sections = [
    `${campaign}: size ${size}, seed ${seed}, ${only.map((word) => `only ${word}, `).join('')}${seconds} s\n${machine}`,
    table(report.columns, report.rows),
    Object.entries(report.totals)
      .map(([what, count]) => `${what}: ${count}`)
      .join('\n'),
    report.invariants.map(invariantText).join('\n'),
    (report.notes ?? []).join('\n'),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function invariantText(invariant: Invariant): string {
  const { name, checked, broken } = invariant;
  const verdict = invariantHolds(invariant) ? 'holds ' : 'BROKEN';
  const count = checked === 0 ? 'never looked at' : `${checked} checks, ${broken.length} broken`;
  const cases = broken.slice(0, SHOWN).map((one) => `    ${one}`);
  const more = broken.length > SHOWN ? [`    … and ${broken.length - SHOWN} more`] : [];
  return [`${verdict} ${name} (${count})`, ...cases, ...more].join('\n');
}

function table(columns: readonly string[], rows: CampaignReport['rows']): string {
  const all = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
