import type { GateFinding, Measurement, Scope, Violation } from './types.ts';

/** The whole cluster before and after, for what a change broke where nobody looked (7.5). */
export interface Elsewhere {
  readonly before: Measurement;
  readonly after: Measurement;
}

/** New critical violations in namespaces outside the scope; what is hidden there is told. */
export function elsewhereFindings(
  { before, after }: Elsewhere,
  scope: Scope,
  criticalWeight: number,
  outside: 'abort' | 'warn',
): GateFinding[] {
  const known = new Set(before.violations.map((it) => it.id));
  const isElsewhere = ({ object }: Violation) =>
    object.namespace !== undefined &&
    scope.namespaces !== 'all' &&
    !scope.namespaces.includes(object.namespace);
  const findings = after.violations
    .filter((it) => it.weight >= criticalWeight && !known.has(it.id) && isElsewhere(it))
    .map(
      (it): GateFinding => ({
        rule: 'G1',
        ok: outside === 'warn',
        message: `New critical violation outside the scope, ${it.id} (weight ${it.weight}): ${it.message}.`,
      }),
    );
  const hidden = [...new Set([...before.unknowns, ...after.unknowns].map((it) => it.what))];
  if (hidden.length === 0) return findings;
  const message = `Outside the scope not observed: ${hidden.join(', ')}.`;
  return [...findings, { rule: 'G4', ok: true, message }];
}
