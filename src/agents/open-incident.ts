import { StratusError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import { describeRef } from '../core/kube.ts';
import { plainLine } from '../core/plain-text.ts';
import type { IncidentRow } from '../journal/incident-types.ts';
import { closingUnknowns } from '../severity/gate.ts';
import type { Measurement, Violation } from '../severity/types.ts';
import { type By, type Desk, kept } from './desk.ts';

export interface OpenRequest {
  /** What is wrong, in words. */
  readonly title: string;
  /** At least one; `*` is the whole cluster. */
  readonly namespaces: readonly string[];
  /** `Deployment shop/web` or `Deployment/shop/web`: its violations make up the incident. Absent: all that fire. */
  readonly object?: string;
  readonly cluster: string;
}

/**
 * Opens an incident: measures severity now, and keeps it with the violations that are the incident's own. Without any
 * it is as people tell it, and has only their words.
 * @throws StratusError invalid_arguments for what is no name of a namespace, and when the named object has no violation
 *   that fires now
 */
export async function openIncident(desk: Desk, request: OpenRequest, by: By): Promise<IncidentRow> {
  const { incidents, policy, meter, clock, signal } = desk;
  const all = request.namespaces.includes('*');
  const namespaces = all ? ('all' as const) : [...new Set(request.namespaces)];
  if (!all) for (const namespace of request.namespaces) requireName(namespace);
  const measured = await meter.measure({ namespaces }, signal);
  const unknown = closingUnknowns(measured).length > 0;
  const own = ownOf(measured, request.object);
  const title = kept(policy, request.title);
  const opened = {
    ...{ phase: 'detection' as const, title, actor: by.actor, cluster: request.cluster },
    ...{ attempt: 1, attemptsAllowed: policy.incidents.attempts },
    ...{ openedAt: clock.now(), closedAt: null, outcome: null, namespaces },
    severity: unknown ? null : measured.severity,
    own: own.map(keptViolation),
    baseline: {
      at: measured.at,
      violations: measured.violations.map(({ id }) => id),
      unknowns: measured.unknowns.map(({ what, reason }) => ({ what, reason })),
    },
  };
  return incidents.open(opened, { ...by, why: title });
}

/** Prompts put namespaces into calls, where a sentence would be read as ours. An RFC 1123 label, as Kubernetes wants. */
function requireName(namespace: string): void {
  if (/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) return;
  throw new StratusError(
    'invalid_arguments',
    `"${plainLine(namespace).slice(0, 80)}" is no name of a namespace.`,
    { next: 'observe_list {"kind":"Namespace"} shows the namespaces.' },
  );
}

function ownOf(measured: Measurement, object: string | undefined): readonly Violation[] {
  if (object === undefined) return measured.violations;
  const own = measured.violations.filter((violation) => namesOf(violation).includes(object.trim()));
  if (own.length > 0) return own;
  const firing = [
    ...new Set(measured.violations.map((violation) => describeRef(violation.object))),
  ];
  const shown = firing.slice(0, 8).join(', ');
  throw new StratusError(
    'invalid_arguments',
    `Nothing is measured to be wrong with "${object}" now.${shown === '' ? '' : ` What fires: ${shown}.`}`,
    {
      next: 'Leave object out: the incident is then all that fires in its namespaces, and your words.',
    },
  );
}

function namesOf({ object }: Violation): string[] {
  const { kind, namespace, name } = object;
  return [
    describeRef(object),
    [kind, namespace, name].filter(Boolean).join('/'),
    `${kind}/${name}`,
  ];
}

/** What tells a violation again, and shows it to people. */
function keptViolation({
  id,
  predicate,
  object,
  reason,
  weight,
  value,
  message,
}: Violation): JsonObject {
  return { id, predicate, object: describeRef(object), reason, share: weight * value, message };
}
