import { inspect } from 'node:util';
import type { Behaviour, Kubelets, Outcome } from './types.ts';

export type Results = Readonly<Record<Kubelets, readonly Outcome[] | string>>;

/** One row per behaviour: what each kind of kubelet showed, and the documented differences. */
export function tableOf(behaviours: readonly Behaviour[], results: Results): string {
  const rows = behaviours.map(({ name }, index) => [
    name,
    cell(results.simulated, index),
    cell(results.real, index),
    differencesAt(results, index).join('; '),
  ]);
  const all = [['behaviour', 'simulated', 'real', 'difference'], ...rows];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => (row[at] ?? '').length)));
  const lines = all.map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, '', ...notes(results)].join('\n');
}

function cell(outcomes: readonly Outcome[] | string, index: number): string {
  if (typeof outcomes === 'string') return '-';
  const outcome = outcomes[index];
  if (outcome === undefined) return '-';
  const word = !outcome.agrees ? 'DIFFERS' : outcome.differences.length > 0 ? 'differs' : 'agrees';
  return `${word} ${outcome.seconds.toFixed(1)} s`;
}

function differencesAt(results: Results, index: number): string[] {
  const all = [results.simulated, results.real];
  return all.flatMap((outcomes) =>
    typeof outcomes === 'string' ? [] : (outcomes[index]?.differences ?? []),
  );
}

function notes(results: Results): string[] {
  return Object.entries(results).map(([kubelets, outcomes]) => {
    if (typeof outcomes === 'string') return `${kubelets}: not played: ${outcomes}`;
    const bad = outcomes.filter(({ agrees }) => !agrees).length;
    const known = outcomes.filter(({ differences }) => differences.length > 0).length;
    const count = outcomes.length;
    return `${kubelets}: ${count - bad - known} of ${count} as expected, ${known} with a documented difference, ${bad} not as expected`;
  });
}

/** What was seen instead of what was expected, for a person. */
export function problemText(outcome: Outcome): string {
  const { behaviour, problem } = outcome;
  if (problem === undefined) return '';
  const text = (value: object) =>
    inspect(value, { depth: 5, breakLength: 120, maxStringLength: 2_000 });
  const { step, expected, seen } = problem;
  return `${behaviour}, step ${step}\n  expected ${text(expected)}\n  seen ${text(seen)}`;
}
