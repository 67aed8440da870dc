import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CampaignReport } from '../campaign/types.ts';
import { CARDS } from '../scenarios/cards/index.ts';
import type { ClusterKind } from '../scenarios/types.ts';
import { table } from './table.ts';

/** What `npm run -s scenarios -- --json` printed, of which the README shows the figures. */
type Run = Pick<CampaignReport, 'columns' | 'rows'>;

function measured(kind: ClusterKind): Run {
  const path = fileURLToPath(new URL(`../scenarios/measured/${kind}.json`, import.meta.url));
  if (!existsSync(path)) return { columns: [], rows: [] };
  return JSON.parse(readFileSync(path, 'utf8')) as Run;
}

/** A cell of the row of one plan; empty where it was not measured, `-` where there is nothing to measure. */
function cell({ columns, rows }: Run, card: string, plan: string, column: string): string {
  const row = rows.find(([scenario, name]) => `${scenario}`.startsWith(card) && name === plan);
  const value = row?.[columns.indexOf(column)];
  return value === undefined ? '' : String(value);
}

/** One word where both kinds of pods agree, or only one was measured. */
function endOf(real: string, simulated: string): string {
  if (real === simulated || simulated === '') return real;
  return real === '' ? simulated : `${real}; simulated: ${simulated}`;
}

/** Every plan of every card: what it is, how it ends, and what was measured. */
export function scenarioTable(): string {
  const [real, simulated] = [measured('real'), measured('simulated')];
  const rows = CARDS.flatMap((card) =>
    card.plans.map((plan, index) => {
      const of = (run: Run, column: string) => cell(run, card.id, plan.id, column);
      const severity = (run: Run) =>
        ['before', 'after', 'undone']
          .map((column) => of(run, column))
          .filter((value) => value !== '-' && value !== '')
          .join(' → ');
      const ends = (run: Run) => of(run, 'outcome');
      const [here, there] = [ends(real), ends(simulated)];
      return [
        index === 0 ? `**${card.id} ${card.title}**` : '',
        plan.title,
        plan.right ? 'right' : 'wrong',
        endOf(here, there),
        severity(real),
        severity(simulated),
        of(real, 'lost'),
      ];
    }),
  );
  const severities = 'severity before → after → undone';
  return table(
    ['scenario', 'plan', '', 'ends', `${severities}, real`, 'simulated', 'requests lost'],
    rows,
  );
}
