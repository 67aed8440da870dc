import type { ObjectRef } from '../core/kube.ts';
import { coverageLosses } from './coverage-loss.ts';
import { type Elsewhere, elsewhereFindings } from './elsewhere.ts';
import { isOutside } from './kinds.ts';
import { findingOf, summarise, type Told } from './summary.ts';
import { describeViolation, enumerate, round } from './text.ts';
import type {
  DeclaredReduction,
  GateFinding,
  Measurement,
  Unknown,
  Verdict,
  Violation,
} from './types.ts';

/** A new violation of this weight or more is never accepted. */
export const CRITICAL_WEIGHT = 8;

/** Only for the error of summing floats: a real rise is at least 0.0001. */
const EPSILON = 1e-6;

export interface GateInput {
  /** Measured at begin, with the same scope and settings as `after`. */
  readonly before: Measurement;
  /** Measured once settled. */
  readonly after: Measurement;
  readonly touched: readonly ObjectRef[];
  readonly declared: readonly DeclaredReduction[];
  /** CRITICAL_WEIGHT when absent. */
  readonly criticalWeight?: number;
  /** What new critical violations outside the scope do, those of cluster-scoped objects included. Default: abort. */
  readonly outside?: 'abort' | 'warn';
  /** When the policy looks beyond the scope too. */
  readonly elsewhere?: Elsewhere;
  /** Writers that keep changing what the transaction wrote, one sentence each. Undefined: nobody looked, so nothing is said. */
  readonly fights?: readonly string[];
}

/**
 * Whether a transaction may stay: the conjunction of the rules G1 to G5. Pure. Nothing new
 * and critical, severity not up, nothing that served gone, evidence complete, nobody fighting.
 */
export function judge(input: GateInput): Verdict {
  const { before, after } = input;
  const appeared = missingFrom(before, after.violations);
  const disappeared = missingFrom(after, before.violations);
  const tolerated = appeared.filter((it) => isTolerated(it, input));
  const findings: Told[] = [
    ...newCritical(input, appeared, tolerated),
    ...beyond(input),
    severityRise(input, appeared, disappeared, tolerated),
    ...coverageLosses(input),
    ...evidence(input),
    ...fights(input.fights),
  ];
  const pass = findings.every((it) => it.ok);
  return {
    pass,
    severityBefore: before.severity,
    severityAfter: after.severity,
    findings: findings.map(findingOf),
    appeared,
    disappeared,
    summary: summarise(input, findings),
  };
}

function missingFrom(measurement: Measurement, violations: readonly Violation[]): Violation[] {
  const known = new Set(measurement.violations.map((it) => it.id));
  return violations.filter((it) => !known.has(it.id));
}

/** What a declared reduction means for objects whose coverage doesn't show it. */
const REDUCED: Readonly<Record<string, readonly string[]>> = {
  Node: ['node-cordoned'],
  // A failover sends what a workload of its name served to another one, for the time being.
  Service: ['service-endpoints', 'service-foreign'],
};

/** The effect of a declared reduction, and what happened outside the scope when the policy only warns. */
function isTolerated(violation: Violation, input: GateInput): boolean {
  const { object, predicate } = violation;
  const isDeclared =
    REDUCED[object.kind]?.includes(predicate) === true &&
    input.declared.some(
      (it) =>
        it.object.kind === object.kind &&
        it.object.name === object.name &&
        it.object.namespace === object.namespace,
    );
  return isDeclared || (input.outside === 'warn' && liesOutside(violation, input.after));
}

function liesOutside({ object }: Violation, { scope }: Measurement): boolean {
  return scope.namespaces !== 'all' && object.namespace === undefined;
}

function newCritical(
  input: GateInput,
  appeared: readonly Violation[],
  tolerated: readonly Violation[],
): Told[] {
  const limit = input.criticalWeight ?? CRITICAL_WEIGHT;
  const critical = appeared.filter((it) => it.weight >= limit);
  const findings = critical.map((it): Told => {
    if (tolerated.includes(it)) {
      return { rule: 'G1', ok: true, message: `New, but tolerated: ${describeViolation(it)}.` };
    }
    return {
      rule: 'G1',
      ok: false,
      message: `New critical violation ${describeViolation(it)}.`,
      brief: { heading: 'new and critical', item: it.id },
    };
  });
  const message = 'No new critical violation in the measured scope.';
  return findings.some((it) => !it.ok)
    ? findings
    : [{ rule: 'G1', ok: true, message }, ...findings];
}

function beyond({ elsewhere, after, criticalWeight, outside }: GateInput): Told[] {
  if (elsewhere === undefined) return [];
  const limit = criticalWeight ?? CRITICAL_WEIGHT;
  return elsewhereFindings(elsewhere, after.scope, limit, outside ?? 'abort');
}

function severityRise(
  { before, after }: GateInput,
  appeared: readonly Violation[],
  disappeared: readonly Violation[],
  tolerated: readonly Violation[],
): Told {
  const counted = round(
    after.severity - tolerated.reduce((sum, it) => sum + it.weight * it.value, 0),
  );
  const ok = counted <= before.severity + EPSILON;
  const numbers = `Severity ${before.severity} → ${counted}`;
  if (ok) {
    const gone = disappeared.length === 0 ? '' : `; gone: ${ids(disappeared)}`;
    return { rule: 'G2', ok, message: `${numbers}, not worse${gone}.` };
  }
  const worse = ids([...appeared, ...risen(before, after)]);
  const brief = { heading: 'worse', item: worse };
  return { rule: 'G2', ok, message: `${numbers}: worse because of ${worse}.`, brief };
}

function risen(before: Measurement, after: Measurement): Violation[] {
  const values = new Map(before.violations.map((it) => [it.id, it.weight * it.value]));
  return after.violations.filter((it) => it.weight * it.value > (values.get(it.id) ?? Infinity));
}

function ids(violations: readonly Violation[]): string {
  return enumerate(violations.map((it) => `${it.id} (${round(it.weight * it.value)})`));
}

/** Unknowns that keep the gate shut; what lies outside the scope is only told. */
export function closingUnknowns(measurement: Measurement): readonly Unknown[] {
  return measurement.unknowns.filter((it) => !isOutside(it));
}

function evidence({ before, after }: GateInput): Told[] {
  const findings: Told[] = [];
  const refuse = (message: string, brief?: Told['brief']) =>
    findings.push({ rule: 'G4', ok: false, message, ...(brief && { brief }) });
  if (JSON.stringify(scopeOf(before)) !== JSON.stringify(scopeOf(after))) {
    refuse('Severity before and after was measured in different namespaces, so it has no meaning.');
  }
  for (const [when, measurement] of [
    ['before', before],
    ['after', after],
  ] as const) {
    for (const { what, reason } of closingUnknowns(measurement)) {
      refuse(
        `${what} could not be observed ${when} the change (${reason}); unknown isn't healthy.`,
        { heading: 'not observed', item: `${what} ${when} the change` },
      );
    }
  }
  const hidden = hiddenOf(after);
  if (hidden.join() !== hiddenOf(before).join()) {
    refuse(
      `What can be observed outside the scope changed meanwhile; now hidden: ${hidden.join(', ') || 'nothing'}.`,
    );
  }
  for (const reason of after.unsettled) {
    refuse(`Not settled: ${reason}.`, { heading: 'not settled', item: reason });
  }
  if (findings.length > 0) return findings;
  const rest = hidden.length === 0 ? '' : ` Not observed (no permission): ${hidden.join(', ')}.`;
  return [{ rule: 'G4', ok: true, message: `The evidence is complete.${rest}` }];
}

function scopeOf({ scope }: Measurement) {
  return scope.namespaces === 'all' ? 'all' : [...new Set(scope.namespaces)].sort();
}

function hiddenOf(measurement: Measurement): string[] {
  return measurement.unknowns
    .filter(isOutside)
    .map((it) => it.what.slice(it.what.indexOf(' ') + 1))
    .sort();
}

function fights(sentences: readonly string[] | undefined): GateFinding[] {
  if (sentences === undefined) return [];
  if (sentences.length === 0) {
    return [{ rule: 'G5', ok: true, message: 'Nobody else changed what was written.' }];
  }
  return sentences.map((message) => ({ rule: 'G5', ok: false, message }));
}
