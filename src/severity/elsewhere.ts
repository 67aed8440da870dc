import type { Told } from './summary.ts';
import { describeViolation } from './text.ts';
import type { Measurement, Scope, Violation } from './types.ts';

/** The whole cluster before and after, for what a change broke where nobody looked. */
export interface Elsewhere {
  readonly before: Measurement;
  readonly after: Measurement;
}

/** New critical violations in namespaces outside the scope, and what could not be seen there. */
export function elsewhereFindings(
  { before, after }: Elsewhere,
  scope: Scope,
  criticalWeight: number,
  outside: 'abort' | 'warn',
): Told[] {
  const known = new Set(before.violations.map((it) => it.id));
  const isElsewhere = ({ object }: Violation) =>
    object.namespace !== undefined &&
    scope.namespaces !== 'all' &&
    !scope.namespaces.includes(object.namespace);
  const findings = after.violations
    .filter((it) => it.weight >= criticalWeight && !known.has(it.id) && isElsewhere(it))
    .map(
      (it): Told => ({
        rule: 'G1',
        ok: outside === 'warn',
        message: `New critical violation outside the scope, ${describeViolation(it)}.`,
        brief: { heading: 'new and critical outside the scope', item: it.id },
      }),
    );
  return [...findings, ...hiddenFindings({ before, after }, outside)];
}

/**
 * What this identity may never list is only told. A list that failed in any other way, or at one of
 * the two moments only, hides what the change may have broken.
 */
function hiddenFindings({ before, after }: Elsewhere, outside: 'abort' | 'warn'): Told[] {
  const all = [...new Set([...before.unknowns, ...after.unknowns].map((it) => it.what))];
  const isForbidden = (measurement: Measurement, what: string) =>
    measurement.unknowns.some((it) => it.what === what && it.forbidden === true);
  const denied = all.filter((it) => isForbidden(before, it) && isForbidden(after, it));
  const failed = all.filter((it) => !denied.includes(it));
  const findings: Told[] = [];
  if (failed.length > 0) {
    const message = `Outside the scope could not be observed before and after the change: ${failed.join(', ')}; unknown isn't healthy.`;
    const brief = { heading: 'not observed outside the scope', item: failed.join(', ') };
    findings.push({ rule: 'G4', ok: outside === 'warn', message, brief });
  }
  if (denied.length > 0) {
    const message = `Outside the scope not observed (no permission): ${denied.join(', ')}.`;
    findings.push({ rule: 'G4', ok: true, message });
  }
  return findings;
}
