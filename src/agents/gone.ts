import { describeRef } from '../core/kube.ts';
import { plainLine } from '../core/plain-text.ts';
import type { IncidentRow } from '../journal/incident-types.ts';
import { closingUnknowns } from '../severity/gate.ts';
import type { Measurement, Violation } from '../severity/types.ts';
import type { Desk } from './desk.ts';

/** A resolve is waited for this long at most, so that it answers within a client's patience. */
const LIMIT_SECONDS = 45;

export interface Validated {
  readonly measurement: Measurement;
  /** Why the incident is not over, a sentence each; empty when it is. */
  readonly left: readonly string[];
}

/**
 * Measures whether the incident is over, and for as long as the policy wants severity to hold still: a container that
 * crashes every minute looks healthy in between.
 */
export async function validate(desk: Desk, row: IncidentRow): Promise<Validated> {
  const { settle } = desk.policy.severity;
  const settled = await desk.meter.settle({
    scope: { namespaces: row.namespaces },
    touched: [],
    settings: { ...settle, timeoutSeconds: Math.min(settle.timeoutSeconds, LIMIT_SECONDS) },
    baseline: undefined,
    ...(desk.signal === undefined ? {} : { signal: desk.signal }),
  });
  const left = leftOf(row, settled.measurement);
  if (settled.kind === 'unsettled')
    left.push(`Severity does not hold still yet: ${settled.reason}.`);
  return { measurement: settled.measurement, left };
}

/** Text of the cluster: one line, and enough to recognise. */
function cut(text: string): string {
  const line = plainLine(text);
  return line.length <= 120 ? line : `${line.slice(0, 119)}…`;
}

/**
 * What speaks against resolving an incident. Unknown is never healthy: neither now nor at the opening. An object of the
 * incident that has got another sickness than it had is not over it.
 */
export function leftOf(
  row: Pick<IncidentRow, 'own' | 'severity' | 'baseline'>,
  now: Measurement,
): string[] {
  const hidden = closingUnknowns(now).map(
    ({ what, reason }) => `${what} could not be measured (${cut(reason)}).`,
  );
  if (hidden.length > 0) return hidden;
  const own = new Set(row.own.map(({ id }) => id));
  const ill = new Set(row.own.map(({ object }) => object));
  const { violations } = row.baseline;
  const known = new Set(Array.isArray(violations) ? violations : []);
  // A cordon is a deed, and often the repair of its node.
  const isNew = ({ id, predicate }: Violation) => !known.has(id) && predicate !== 'node-cordoned';
  const left = now.violations
    .filter((it) => own.has(it.id) || (isNew(it) && ill.has(describeRef(it.object))))
    .map(({ object, reason }) => {
      const { kind, namespace, name } = object;
      return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name} still fires: ${cut(reason)}.`;
    });
  if (row.severity === null && now.severity > 0) {
    left.push(
      `Severity is ${now.severity}, and could not be measured at the opening: only 0 is known to be no worse.`,
    );
  }
  if (row.severity !== null && now.severity > row.severity + 1e-9) {
    left.push(`Severity is ${now.severity} and was ${row.severity} at the opening.`);
  }
  return left;
}
