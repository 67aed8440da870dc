import { StratusError } from '../core/errors.ts';
import type { IncidentPhase, IncidentRow } from '../journal/incident-types.ts';
import { type By, type Desk, incidentOf, kept } from './desk.ts';
import { type Validated, validate } from './gone.ts';
import { CLOSED, type Edge, edgeOf, GUARDS } from './machine.ts';
import { standingOf } from './standing.ts';
import { nextOf, type Standing, stepsFrom, unmet } from './steps.ts';

export interface MoveRequest {
  readonly incident: string;
  readonly to: IncidentPhase;
  readonly reason?: string;
}

/**
 * Moves an incident along an edge, after its guards were seen to hold. Compare-and-set on phase and attempt: of two
 * who move it at once one is refused.
 * @throws StratusError incident_phase with what is allowed instead
 */
export async function moveIncident(desk: Desk, request: MoveRequest, by: By): Promise<IncidentRow> {
  const { incidents, policy } = desk;
  const row = incidentOf(incidents, request.incident);
  const standing = standingOf(incidents, row);
  const edge = edgeOf(row.phase, request.to);
  if (edge === undefined) throw noEdge(standing, request.to);
  const missing = unmet(edge.guards, standing);
  if (edge.guards.includes('reason') && !request.reason?.trim()) missing.push('reason');
  if (missing.length > 0) {
    const words = missing.map((guard) => GUARDS[guard]).join(', and ');
    throw refused(
      standing,
      `${row.id} can't go from ${row.phase} to ${request.to}: it needs that ${words}.`,
    );
  }
  const validated = edge.guards.includes('gone') ? await overOrThrow(desk, standing) : undefined;
  const why =
    request.reason === undefined ? defaultWhy(edge, validated) : kept(policy, request.reason);
  const move = {
    ...{ from: row.phase, to: edge.to, attempt: row.attempt },
    ...(edge.next ? { next: edge.next } : {}),
    ...(edge.guards.includes('no-transaction') ? { untouched: true as const } : {}),
  };
  const severity = validated?.measurement.severity ?? null;
  if (!incidents.move(row.id, move, { ...by, why, severity })) {
    const now = standingOf(incidents, incidentOf(incidents, row.id));
    throw refused(now, `${row.id} was moved meanwhile; it is in ${now.row.phase} now.`);
  }
  return incidentOf(incidents, row.id);
}

function defaultWhy({ to }: Edge, validated: Validated | undefined): string {
  if (validated === undefined) return `On to ${to}.`;
  return `Measured: what fired is gone, severity ${validated.measurement.severity}.`;
}

async function overOrThrow(desk: Desk, standing: Standing): Promise<Validated> {
  const { row } = standing;
  if (!(await desk.isHere(row.cluster))) {
    throw refused(
      standing,
      `${row.id} was opened on another cluster, so nothing measured here says that it is gone: ${row.cluster}.`,
      'Start the server with the kubeconfig context of that cluster.',
    );
  }
  const validated = await validate(desk, row);
  const { left, measurement } = validated;
  if (left.length === 0) return validated;
  const more = left.length > 5 ? ` And ${left.length - 5} more.` : '';
  throw refused(
    standing,
    `${row.id} is not resolved. ${left.slice(0, 5).join(' ')}${more}`,
    `Take the repair back (${undoing(standing)}), keep it and go on with incident_update {"incident":"${row.id}","phase":"diagnosis"}, or call again once it had time to work.`,
    {
      left: left.slice(0, 20),
      severity: measurement.unknowns.length > 0 ? null : measurement.severity,
    },
  );
}

function undoing({ transaction }: Standing): string {
  return transaction === undefined
    ? 'undo_transaction'
    : `undo_transaction {"transaction":"${transaction}"}`;
}

function noEdge(standing: Standing, to: IncidentPhase): StratusError {
  const { row } = standing;
  if (row.phase === to) return refused(standing, `${row.id} is in ${to} already.`);
  if (CLOSED.includes(row.phase)) {
    return refused(standing, `${row.id} is ${row.phase}; nothing moves it any more.`);
  }
  return refused(
    standing,
    `${row.id} is in ${row.phase}, and incident_update has no edge from ${row.phase} to ${to}.`,
    byTransaction(standing, to),
  );
}

/** Where only a transaction leads, its call is named. */
function byTransaction(standing: Standing, to: IncidentPhase): string | undefined {
  const step = stepsFrom(standing).find((one) => one.to === to);
  return step === undefined ? undefined : `To ${to}: ${step.call}.`;
}

function refused(
  standing: Standing,
  message: string,
  next = nextOf(standing),
  details: Record<string, string[] | number | null> = {},
): StratusError {
  const { row } = standing;
  const allowed = stepsFrom(standing)
    .filter(({ missing }) => missing.length === 0)
    .map(({ to }) => to);
  return new StratusError('incident_phase', message, {
    rule: `phase ${row.phase}`,
    next,
    details: { incident: row.id, phase: row.phase, allowed_next: allowed, ...details },
  });
}
