import { expect, test } from 'vitest';
import { holds, textOf } from './report.ts';

const FACTS = { campaign: 'crash-campaign', seed: 7, size: 2, seconds: 3, machine: 'a machine' };
const REPORT = {
  columns: ['point', 'runs'],
  rows: [
    ['send.before', 2],
    ['x', 10],
  ],
  totals: { runs: 12 },
};

test('an invariant that was never looked at does not hold', () => {
  const invariants = [{ name: 'no residue', checked: 0, broken: [] }];
  expect(holds({ invariants })).toBe(false);
  expect(textOf(FACTS, { ...REPORT, invariants })).toContain('BROKEN no residue (never looked at)');
});

test('no invariants at all prove nothing', () => {
  expect(holds({ invariants: [] })).toBe(false);
});

test('the report names the seed, the table and what was found', () => {
  const invariants = [
    { name: 'no residue', checked: 2, broken: ['settings kept a label (point send.before:1)'] },
    { name: 'no lost edit', checked: 2, broken: [] },
  ];
  expect(textOf(FACTS, { ...REPORT, invariants })).toBe(`crash-campaign: size 2, seed 7, 3 s
a machine

point        runs
send.before  2
x            10

runs: 12

BROKEN no residue (2 checks, 1 broken)
    settings kept a label (point send.before:1)
holds  no lost edit (2 checks, 0 broken)
`);
  expect(holds({ invariants })).toBe(false);
});
