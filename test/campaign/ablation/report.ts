import type { CampaignReport } from '../types.ts';
import { type Ending, type Incident, VARIANTS, type Variant } from './types.ts';

/** An incident for one variant, or what kept it from being played. */
export interface Done {
  readonly incident: Incident;
  readonly endings: readonly Ending[];
  readonly failure?: string;
}

/** Only for the error of summing floats. */
const EPSILON = 1e-6;

export function reportOf(done: readonly Done[]): CampaignReport {
  const endings = done.flatMap((it) => it.endings);
  const guarded = endings.filter(({ variant }) => variant === 'full' || variant === 'no retry');
  const full = endings.filter(({ variant }) => variant === 'full');
  return {
    columns: [
      'system',
      'incidents',
      'repaired',
      'share',
      'attempts',
      'severity before',
      'severity after',
      'worse than before',
    ],
    rows: VARIANTS.map((variant) => rowOf(variant, endings)),
    totals: {
      incidents: full.length,
      plans: full.reduce((sum, { incident }) => sum + incident.order.length, 0),
    },
    invariants: [
      {
        name: 'with gate and undo no incident ends worse than it began',
        checked: guarded.length,
        broken: guarded
          .filter(isWorse)
          .map((it) => `${lineOf(it)}: severity ${it.before} → ${it.after}`),
      },
      {
        name: 'the full system repairs, or keeps what severity cannot tell from a repair',
        checked: full.length,
        broken: full.filter((it) => !it.repaired && !isMistaken(it)).map(lineOf),
      },
      {
        name: 'every incident came to its end',
        checked: done.length,
        broken: done.flatMap(({ incident, failure }) =>
          failure === undefined ? [] : [`${incident.card.id}: ${failure}`],
        ),
      },
    ],
    notes: [...endings].sort(byCard).map(lineOf),
  };
}

function rowOf(variant: Variant, all: readonly Ending[]): (string | number)[] {
  const endings = all.filter((it) => it.variant === variant);
  const repaired = endings.filter((it) => it.repaired).length;
  const mean = (value: (it: Ending) => number) =>
    endings.length === 0
      ? '-'
      : round(endings.reduce((sum, it) => sum + value(it), 0) / endings.length);
  return [
    variant,
    endings.length,
    repaired,
    endings.length === 0 ? '-' : `${Math.round((100 * repaired) / endings.length)} %`,
    mean(({ tried }) => tried.length),
    mean(({ before }) => before),
    mean(({ after }) => after),
    endings.filter(isWorse).length,
  ];
}

function isWorse({ before, after }: Ending): boolean {
  return after > before + EPSILON;
}

/** A wrong plan that its card expects to be kept: it lowers the severity, or leaves it as it is. */
function isMistaken({ tried }: Ending): boolean {
  return tried.some(
    ({ plan, outcome }) =>
      outcome === 'committed' && !plan.right && plan.expect.outcome === 'committed',
  );
}

/** `S01 no undo: wrong-deployment stays, roll-back committed; 8 → 16, not repaired`. */
function lineOf({ incident, variant, tried, before, after, repaired }: Ending): string {
  const attempts = tried.map(({ plan, outcome }) => `${plan.id} ${outcome}`).join(', ');
  const end = repaired ? 'repaired' : 'not repaired';
  return `${incident.card.id} ${variant}: ${attempts}; ${before} → ${after}, ${end}`;
}

function byCard(a: Ending, b: Ending): number {
  return (
    a.incident.card.id.localeCompare(b.incident.card.id) ||
    VARIANTS.indexOf(a.variant) - VARIANTS.indexOf(b.variant)
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
