import { redactText } from '../core/redact.ts';
import { coverageOf } from './coverage.ts';
import { factsOf } from './facts.ts';
import type { Context, Finding, Predicate } from './predicate.ts';
import { containerHits, restartsOf } from './predicates/containers.ts';
import { PREDICATES } from './predicates/index.ts';
import { round, shorten } from './text.ts';
import type { Measurement, SeveritySettings, Snapshot, Violation } from './types.ts';
import { restlessIn } from './unsettled.ts';
import { keyOf, type View, viewOf } from './view.ts';

const MESSAGE_LENGTH = 240;

/**
 * Severity of a snapshot: the sum of weight × value over all violations, to four decimals. Pure.
 * With the baseline, containers that restarted since count too, even while they run.
 */
export function measureSnapshot(
  snapshot: Snapshot,
  settings: SeveritySettings,
  baseline?: Measurement,
): Measurement {
  return measureView(viewOf(snapshot), settings, baseline);
}

export function measureView(
  view: View,
  settings: SeveritySettings,
  baseline?: Measurement,
): Measurement {
  const restartsBefore = baseline?.restarts;
  const hits = view.remarkable.flatMap((pod) => containerHits(pod, view.at, restartsBefore));
  // A restart since the baseline is worth telling, but the pod may well serve again.
  const recent =
    restartsBefore === undefined
      ? hits
      : view.remarkable.flatMap((pod) => containerHits(pod, view.at, undefined));
  const context: Context = {
    view,
    settings,
    hits,
    troubled: new Set(hits.map((hit) => factsOf(hit.pod).key)),
    flapping: new Set(
      recent.filter((hit) => hit.reason === 'CrashLoop').map((hit) => factsOf(hit.pod).key),
    ),
  };
  const violations = violationsOf(context);
  const { at, scope, unknowns } = view.snapshot;
  const restless = restlessIn(view);
  return {
    at,
    scope,
    severity: round(violations.reduce((sum, it) => sum + it.weight * it.value, 0)),
    violations,
    unknowns,
    coverage: coverageOf(view),
    restarts: restartsOf(view),
    ...(restless.length > 0 ? { restless } : {}),
    unsettled: [],
  };
}

function violationsOf(context: Context): Violation[] {
  const violations = new Map<string, Violation>();
  for (const predicate of PREDICATES) {
    const weight = weightOf(predicate, context.settings);
    for (const finding of predicate.find(context)) {
      const violation = violationOf(predicate, weight, finding, context.settings);
      const other = violations.get(violation.id);
      if (other === undefined || other.value < violation.value) {
        violations.set(violation.id, violation);
      }
    }
  }
  return [...violations.values()].sort(
    (a, b) => b.weight * b.value - a.weight * a.value || (a.id < b.id ? -1 : 1),
  );
}

function weightOf(predicate: Predicate, settings: SeveritySettings): number {
  const override = settings.weights[predicate.id];
  return override === undefined ? predicate.weight : Math.max(0, override);
}

function violationOf(
  predicate: Predicate,
  weight: number,
  finding: Finding,
  { redaction }: SeveritySettings,
): Violation {
  const { object, reason, value, pods } = finding;
  const message = shorten(finding.message, MESSAGE_LENGTH);
  return {
    id: `${predicate.id}|${keyOf(object)}|${reason}`,
    predicate: predicate.id,
    object,
    reason,
    weight,
    value: round(Math.min(1, Math.max(0, value))),
    message: redaction === undefined ? message : redactText(message, redaction),
    ...(pods === undefined ? {} : { pods }),
  };
}
