import { expect, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { type GateInput, judge } from '../../src/severity/gate.ts';
import type { Verdict } from '../../src/severity/types.ts';
import { app, condition, measured } from './objects.ts';

const LONG = `failed to pull image: ${'the registry said no, '.repeat(30)}`;
const names = ['frontend', 'catalog', 'cart', 'checkout', 'payments'];
const container = {
  state: { waiting: { reason: 'ErrImagePull', message: LONG } },
  restartCount: 0,
};
const healthy = measured(names.flatMap((name) => app(name)));
const sick = measured(names.flatMap((name) => app(name, { container, available: 0 })));

const told = (more: Partial<GateInput> = {}): Verdict =>
  judge({ before: healthy, after: sick, touched: [], declared: [], ...more });

test('the message of a violation leaves naming its object to whoever shows it', () => {
  for (const { message, object } of sick.violations) {
    expect(message).not.toMatch(new RegExp(`^${object.kind}`));
    expect(message.length).toBeLessThanOrEqual(240);
  }
});

test('a finding names the object once and cuts what the cluster says', () => {
  const [finding] = told().findings.filter(
    (it) => it.rule === 'G1' && it.message.includes('Image'),
  );
  expect(finding?.message.match(/shop\/[a-z]+/g)).toHaveLength(1);
  expect(finding?.message).toContain('failed to pull image');
  expect(finding?.message.length).toBeLessThan(220);
});

test('the summary is short, names what is new, and leaves out what the cluster says', () => {
  const { summary, findings } = told();
  expect(findings.filter((it) => !it.ok).length).toBeGreaterThan(5);
  expect(summary.length).toBeLessThanOrEqual(300);
  expect(summary).toMatch(/^Refused by G1, G2: severity 0 → \d+; new and critical: /);
  expect(summary).toMatch(/\w+\|Deployment\/shop\/\w+\|\w+/);
  expect(summary).toMatch(/and \d+ more\.$/);
  expect(summary).not.toContain('registry');
});

test('the summary stays short whatever the names are', () => {
  const name = 'x'.repeat(250);
  const long = Array.from({ length: 20 }, (_, index) => `${name}${index}`);
  const before = measured(long.flatMap((it) => app(it, { replicas: 1 })));
  const declared: ObjectRef[] = long.map((it) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    namespace: 'shop',
    name: it,
  }));
  expect(told({ before, after: healthy }).summary.length).toBeLessThanOrEqual(300);
  const passed = told({
    before: healthy,
    after: healthy,
    declared: declared.map((object) => ({ object, reason: 'retired' })),
  });
  expect(passed).toMatchObject({ pass: true, summary: expect.stringMatching(/^Passed/) });
  expect(passed.summary.length).toBeLessThanOrEqual(300);
});

test('every rule that refuses says in the summary why', () => {
  const gone = told({ after: measured(app('frontend')) });
  expect(gone.summary).toContain('lost: Deployment shop/catalog is gone');
  const reason = `timeout: ${LONG}`;
  const blind = told({ after: { ...healthy, unknowns: [{ what: 'pods in shop', reason }] } });
  expect(blind.summary).toContain('not observed: pods in shop after the change');
  expect(blind.summary).not.toContain('registry');
  const conditions = [condition('Progressing', 'False', 'ProgressDeadlineExceeded')];
  const unsettled = told({ after: { ...healthy, unsettled: ['Deployment shop/cart: paused'] } });
  expect(unsettled.summary).toContain('not settled: Deployment shop/cart: paused');
  const after = measured(names.flatMap((name) => app(name, { conditions })));
  expect(told({ after }).findings.every((it) => Object.keys(it).length === 3)).toBe(true);
});
