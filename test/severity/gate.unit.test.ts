import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { type GateInput, judge } from '../../src/severity/gate.ts';
import type { Measurement, Unknown, Violation } from '../../src/severity/types.ts';
import {
  app,
  changed,
  clusterObject,
  condition,
  measured,
  object,
  service,
  waiting,
  without,
} from './objects.ts';

const CATALOG: ObjectRef = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'catalog',
};

function verdict(before: Measurement, after: Measurement, more: Partial<GateInput> = {}) {
  return judge({ before, after, touched: [CATALOG], declared: [], ...more });
}

/** The rules that said no. */
const refusals = (...args: Parameters<typeof verdict>) => [
  ...new Set(
    verdict(...args)
      .findings.filter((it) => !it.ok)
      .map((it) => it.rule),
  ),
];

const sick = app('catalog', { container: waiting('ImagePullBackOff'), broken: 1, available: 2 });
const bare = sick.filter((it) => it.kind === 'Service');

function with_(measurement: Measurement, ...violations: Violation[]): Measurement {
  const all = [...measurement.violations, ...violations];
  const severity = all.reduce((sum, it) => sum + it.weight * it.value, 0);
  return { ...measurement, violations: all, severity };
}

function violation(name: string, weight: number, value = 1): Violation {
  const object = { kind: 'Deployment', namespace: 'shop', name };
  const id = `made-up|Deployment/shop/${name}|Test`;
  return {
    id,
    predicate: 'made-up',
    object,
    reason: 'Test',
    weight,
    value,
    message: `${name} is ill`,
  };
}

describe('a change that helps or does nothing', () => {
  test('passes, and the verdict tells what went', () => {
    const result = verdict(measured(sick), measured(app('catalog')));
    expect(result).toMatchObject({ pass: true, severityBefore: 4, severityAfter: 0, appeared: [] });
    expect(result.disappeared.map((it) => it.reason)).toEqual(['ImagePull']);
    expect(result.findings.map((it) => it.rule)).toEqual(['G1', 'G2', 'G3', 'G4']);
    expect(result.summary).toContain('severity 4 → 0');
  });

  test('added objects do not matter', () => {
    expect(refusals(measured(sick), measured([...sick, ...app('extra')]))).toEqual([]);
  });

  test('one sickness that changes its name between two looks is not new', () => {
    const later = app('catalog', { container: waiting('ErrImagePull'), broken: 1, available: 2 });
    expect(verdict(measured(sick), measured(later))).toMatchObject({ pass: true, appeared: [] });
  });
});

describe('what is worse', () => {
  test('a new critical violation is refused even when it hides behind a repaired one', () => {
    const outage = measured(app('catalog', { available: 0 }));
    const after = with_(measured(app('catalog')), violation('cart', 8));
    expect(after.severity).toBeLessThan(outage.severity);
    expect(refusals(outage, after)).toEqual(['G1']);
    expect(verdict(outage, after).summary).toContain('made-up|Deployment/shop/cart|Test');
  });

  test('a trade among lesser ones is allowed as long as the sum does not rise', () => {
    const healthy = measured(app('catalog'));
    const before = with_(healthy, violation('a', 5));
    expect(refusals(before, with_(healthy, violation('b', 4)))).toEqual([]);
    expect(refusals(before, with_(healthy, violation('b', 6)))).toEqual(['G2']);
  });

  test('more of the same is refused with the numbers', () => {
    const more = app('catalog', { container: waiting('ImagePullBackOff'), available: 2 });
    expect(refusals(measured(sick), measured(more))).toEqual(['G1', 'G2']);
    const before = with_(measured([]), violation('a', 8, 0.25));
    const result = verdict(before, with_(measured([]), violation('a', 8, 0.5)));
    expect(result.findings.filter((it) => !it.ok)).toMatchObject([{ rule: 'G2' }]);
    expect(result.summary).toContain('made-up|Deployment/shop/a|Test');
  });
});

describe('removing the patient', () => {
  const before = measured(sick);

  test('deleting the sick Deployment is refused', () => {
    const after = measured(bare.length > 0 ? [object('Service', 'catalog', { spec: {} })] : []);
    expect(refusals(before, after)).toContain('G3');
    expect(
      verdict(before, after)
        .findings.map((it) => it.message)
        .join(),
    ).toContain('Deployment shop/catalog is gone');
  });

  test('scaling it to zero is refused', () => {
    const down = changed(app('catalog', { replicas: 0 }), 'Service', 'catalog', { spec: {} });
    const after = measured(down);
    expect(after.severity).toBe(0);
    expect(refusals(before, after)).toEqual(['G3']);
    expect(verdict(before, after).summary).toContain(
      'Deployment shop/catalog is reduced from 2 to 0',
    );
  });

  test('a declared reduction passes and is told', () => {
    const down = measured(app('catalog', { replicas: 1 }));
    const declared = [{ object: CATALOG, reason: 'traffic moved' }];
    expect(refusals(measured(app('catalog')), down)).toEqual(['G3']);
    const result = verdict(measured(app('catalog')), down, { declared });
    expect(result.pass).toBe(true);
    expect(result.findings.map((it) => it.message).join()).toContain('traffic moved');
  });

  test('a declared Deployment does not excuse that it crashes', () => {
    const declared = [{ object: CATALOG, reason: 'traffic moved' }];
    const crashing = measured(
      app('catalog', { replicas: 1, container: waiting('CrashLoopBackOff') }),
    );
    expect(refusals(measured(app('catalog')), crashing, { declared })).toContain('G1');
  });

  test('emptying the selector of a Service is refused', () => {
    const failing = measured([service('catalog')]);
    const after = measured([service('catalog', { selector: {} })]);
    expect(after.severity).toBe(0);
    expect(refusals(failing, after)).toEqual(['G3']);
  });

  test('a claim has to stay the same claim', () => {
    const claim = (uid: string) =>
      measured([
        object('PersistentVolumeClaim', 'data', { metadata: { uid }, status: { phase: 'Bound' } }),
      ]);
    expect(refusals(claim('one'), claim('one'))).toEqual([]);
    expect(refusals(claim('one'), claim('two'))).toEqual(['G3']);
    const ref = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      namespace: 'shop',
      name: 'data',
    };
    const declared = [{ object: ref, reason: 'empty anyway' }];
    expect(refusals(claim('one'), claim('two'), { declared })).toEqual(['G3']);
  });

  test('a suspended CronJob is a reduction', () => {
    const cron = (suspend: boolean) =>
      measured([object('CronJob', 'nightly', { spec: { suspend } })]);
    expect(refusals(cron(false), cron(true))).toEqual(['G3']);
  });

  test('an autoscaler may take replicas back that it had added', () => {
    const scaler = object('HorizontalPodAutoscaler', 'catalog', {
      spec: { minReplicas: 1, scaleTargetRef: { kind: 'Deployment', name: 'catalog' } },
    });
    const busy = measured([...app('catalog', { replicas: 3 }), scaler]);
    const calm = measured([...app('catalog', { replicas: 1 }), scaler]);
    expect(refusals(busy, calm)).toEqual([]);
    expect(refusals(busy, measured([...app('catalog', { replicas: 0 }), scaler]))).toContain('G3');
  });

  test('a node that leaves takes pods of a DaemonSet along; a selector that leaves none does not', () => {
    const set = (desiredNumberScheduled: number) => {
      const status = { desiredNumberScheduled, numberAvailable: desiredNumberScheduled };
      return measured([object('DaemonSet', 'agent', { status })]);
    };
    const ref = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'shop', name: 'agent' };
    expect(refusals(set(3), set(2))).toEqual([]);
    expect(refusals(set(3), set(2), { touched: [ref] })).toEqual(['G3']);
    expect(refusals(set(3), set(0))).toEqual(['G3']);
  });
});

describe('evidence', () => {
  const healthy = measured(app('catalog'));
  const unknowns = [{ what: 'pods in shop', reason: 'forbidden: no' }];
  const hidden = [{ what: 'outside: nodes', reason: 'forbidden: no' }];

  test('anything unknown before or after closes the gate', () => {
    expect(refusals(healthy, { ...healthy, unknowns })).toEqual(['G4']);
    expect(refusals({ ...healthy, unknowns }, healthy)).toEqual(['G4']);
    expect(verdict(healthy, { ...healthy, unknowns }).summary).toContain('pods in shop');
  });

  test('what this identity may never see outside its namespaces is told, not refused', () => {
    const blind = { ...healthy, unknowns: hidden };
    const result = verdict(blind, blind);
    expect(result.pass).toBe(true);
    expect(result.findings.map((it) => it.message).join()).toContain(
      'Not observed (no permission): nodes',
    );
  });

  test('losing sight meanwhile closes the gate', () => {
    expect(refusals(healthy, { ...healthy, unknowns: hidden })).toEqual(['G4']);
    expect(refusals({ ...healthy, unknowns: hidden }, healthy)).toEqual(['G4']);
  });

  test('not settled, or measured elsewhere, closes the gate', () => {
    expect(
      refusals(healthy, { ...healthy, unsettled: ['Deployment shop/catalog: paused'] }),
    ).toEqual(['G4']);
    expect(refusals(healthy, { ...healthy, scope: { namespaces: 'all' } })).toEqual(['G4']);
  });

  test('somebody who fights over the same fields closes the gate', () => {
    const fights = ['argocd changed Deployment shop/catalog back'];
    expect(refusals(healthy, healthy, { fights })).toEqual(['G5']);
    const told = (more: Partial<GateInput>) =>
      verdict(healthy, healthy, more).findings.filter((it) => it.rule === 'G5');
    expect(told({ fights: [] })).toMatchObject([{ ok: true }]);
    // Nobody looked: nothing may be said.
    expect(told({})).toEqual([]);
  });
});

describe('elsewhere', () => {
  const healthy = measured(app('catalog'));
  const moved = (name: string) => ({
    ...violation(name, 8),
    object: { kind: 'Deployment', namespace: 'billing', name },
  });
  const whole = (...all: Violation[]) =>
    with_({ ...healthy, scope: { namespaces: 'all' } }, ...all);

  test('something new and critical in another namespace refuses, or only warns', () => {
    const elsewhere = { before: whole(), after: whole(moved('invoices')) };
    expect(refusals(healthy, healthy, { elsewhere })).toEqual(['G1']);
    const result = verdict(healthy, healthy, { elsewhere, outside: 'warn' });
    expect(result.pass).toBe(true);
    expect(result.findings.map((it) => it.message).join()).toContain('invoices is ill');
  });

  test('what was ill there before, and what is never shown to us, is no reason', () => {
    const unknowns = [{ what: 'pods', reason: 'forbidden: no', forbidden: true }];
    const ill = { ...whole(moved('invoices')), unknowns };
    const result = verdict(healthy, healthy, { elsewhere: { before: ill, after: ill } });
    expect(result.pass).toBe(true);
    expect(result.findings.map((it) => it.message).join()).toContain(
      'not observed (no permission): pods',
    );
  });

  test('a list that failed, or was hidden at one moment only, refuses or only warns', () => {
    const denied = { what: 'pods', reason: 'forbidden: no', forbidden: true };
    const failed = { what: 'pods', reason: 'timeout: no answer within 10 s' };
    const seeing = (...unknowns: Unknown[]) => ({ ...whole(), unknowns });
    for (const [before, after] of [
      [seeing(), seeing(failed)],
      [seeing(failed), seeing(failed)],
      [seeing(denied), seeing(failed)],
      [seeing(denied), seeing()],
    ] as const) {
      const elsewhere = { before, after };
      expect(refusals(healthy, healthy, { elsewhere })).toEqual(['G4']);
      expect(refusals(healthy, healthy, { elsewhere, outside: 'warn' })).toEqual([]);
    }
  });
});

describe('nodes', () => {
  const node = (ready: string, spec = {}) =>
    measured([
      ...app('catalog'),
      clusterObject('Node', 'n1', { spec, status: { conditions: [condition('Ready', ready)] } }),
    ]);

  test('one that fails meanwhile refuses, or only warns when the policy says so', () => {
    expect(refusals(node('True'), node('False'))).toEqual(['G1', 'G2']);
    const result = verdict(node('True'), node('False'), { outside: 'warn' });
    expect(result.pass).toBe(true);
    expect(result.findings.map((it) => it.message).join()).toContain('node|Node/n1');
  });

  test('a cordon on purpose has to be declared', () => {
    const cordoned = node('True', { unschedulable: true });
    const ref = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
    expect(refusals(node('True'), cordoned)).toEqual(['G1', 'G2']);
    const declared = [{ object: ref, reason: 'disk is dying' }];
    expect(refusals(node('True'), cordoned, { declared })).toEqual([]);
  });
});

describe('a failover to another application', () => {
  test('has to be declared, though what was there before served nobody', () => {
    const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } }, ready: false };
    const master = app('db-master', { container: waiting });
    const replica = app('db-replica');
    const endpoints = replica.find(({ kind }) => kind === 'EndpointSlice')?.endpoints;
    const sent = master.map((it) =>
      it.kind === 'EndpointSlice' && endpoints !== undefined ? { ...it, endpoints } : it,
    );
    const [before, after] = [measured([...master, ...replica]), measured([...sent, ...replica])];
    expect(after.severity).toBeLessThan(before.severity);
    expect(refusals(before, after)).toEqual(['G1']);
    const object = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'db-master' };
    const declared = [{ object, reason: 'reads go on while the master is down' }];
    expect(refusals(before, after, { declared })).toEqual([]);
    const other = [{ object: { ...object, name: 'db-replica' }, reason: 'another one' }];
    expect(refusals(before, after, { declared: other })).toEqual(['G1']);
  });
});

describe('laws', () => {
  const anyViolation = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    weight: fc.integer({ min: 1, max: 20 }),
    value: fc.integer({ min: 1, max: 100 }).map((it) => it / 100),
  });
  const anyMeasurement = fc
    .uniqueArray(anyViolation, { selector: (it) => it.name })
    .map((all) =>
      with_(measured(app('catalog')), ...all.map((it) => violation(it.name, it.weight, it.value))),
    );

  test('no change passes when the evidence is complete', () => {
    fc.assert(
      fc.property(anyMeasurement, (it) => {
        expect(verdict(it, it).pass).toBe(true);
      }),
    );
  });

  test('unknown always closes the gate', () => {
    fc.assert(
      fc.property(
        anyMeasurement,
        anyMeasurement,
        fc.string(),
        fc.boolean(),
        (a, b, what, first) => {
          const unknowns = [{ what: `pods in ${what}`, reason: 'timeout' }];
          const [before, after] = first ? [{ ...a, unknowns }, b] : [a, { ...b, unknowns }];
          expect(verdict(before, after).pass).toBe(false);
        },
      ),
    );
  });

  test('whatever passes is not worse: no new critical violation, no higher sum', () => {
    fc.assert(
      fc.property(anyMeasurement, anyMeasurement, (before, after) => {
        const result = verdict(before, after);
        const isFine =
          after.severity <= before.severity + 1e-6 && result.appeared.every((it) => it.weight < 8);
        expect(result.pass).toBe(isFine);
      }),
    );
  });

  test('breaking one more thing never lowers severity', () => {
    const names = ['frontend', 'catalog', 'cart'];
    const breakages: Record<string, (name: string) => ReturnType<typeof app>> = {
      image: (name) => app(name, { container: waiting('ImagePullBackOff') }),
      crash: (name) => app(name, { container: waiting('CrashLoopBackOff'), broken: 1 }),
      outage: (name) => app(name, { available: 0 }),
      ready: (name) => app(name, { pod: { conditions: [condition('Ready', 'False')] } }),
      endpoints: (name) => without(app(name), 'EndpointSlice', `${name}-abc`),
      rollout: (name) =>
        app(name, { conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')] }),
    };
    const anyBreakage = fc.constantFrom(...Object.keys(breakages));
    fc.assert(
      fc.property(fc.array(anyBreakage, { maxLength: 2 }), anyBreakage, (first, more) => {
        const broken = (list: readonly string[]) =>
          measured(names.flatMap((name, i) => (breakages[list[i] ?? ''] ?? app)(name))).severity;
        expect(broken([...first, more])).toBeGreaterThan(broken(first));
      }),
    );
  });
});
