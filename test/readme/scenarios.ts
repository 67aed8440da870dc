import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CampaignReport } from '../campaign/types.ts';
import { CARDS } from '../scenarios/cards/index.ts';
import type { ClusterKind } from '../scenarios/types.ts';
import { table } from './table.ts';

/** What `npm run -s scenarios -- --json` printed, of which the README shows the figures. */
type Run = Pick<CampaignReport, 'columns' | 'rows'>;

const KINDS: readonly ClusterKind[] = ['real', 'simulated', 'embedded'];

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

/** One word where every kind of cluster that was measured agrees; others are named. */
function endOf(ends: Readonly<Record<ClusterKind, string>>): string {
  const [first = '', ...rest] = KINDS.map((kind) => ends[kind]).filter((end) => end !== '');
  if (rest.every((end) => end === first)) return first;
  return KINDS.flatMap((kind) => (ends[kind] === '' ? [] : [`${kind}: ${ends[kind]}`])).join('; ');
}

/** Every plan of every card: what it is, how it ends, and what was measured. */
export function scenarioTable(): string {
  const runs = {
    real: measured('real'),
    simulated: measured('simulated'),
    embedded: measured('embedded'),
  };
  const rows = CARDS.flatMap((card) =>
    card.plans.map((plan, index) => {
      const of = (kind: ClusterKind, column: string) => cell(runs[kind], card.id, plan.id, column);
      const severity = (kind: ClusterKind) =>
        ['before', 'after', 'undone']
          .map((column) => of(kind, column))
          .filter((value) => value !== '-' && value !== '')
          .join(' → ');
      const outcome = (kind: ClusterKind) => of(kind, 'outcome');
      return [
        index === 0 ? `**${card.id} ${card.title}**` : '',
        plan.title,
        plan.right ? 'right' : 'wrong',
        endOf({
          real: outcome('real'),
          simulated: outcome('simulated'),
          embedded: outcome('embedded'),
        }),
        ...KINDS.map(severity),
        of('real', 'lost'),
      ];
    }),
  );
  const severities = 'severity before → after → undone';
  return table(
    [
      'scenario',
      'plan',
      '',
      'ends',
      `${severities}, real`,
      'simulated',
      'embedded',
      'requests lost',
    ],
    rows,
  );
}
