import { StratusError } from '../core/errors.ts';
import type { IncidentStore } from '../journal/incident-types.ts';
import type { Policy } from '../policy/types.ts';
import { incidentOf } from './desk.ts';
import { allows, OPEN, PHASES } from './machine.ts';
import { standingOf } from './standing.ts';
import { nextOf } from './steps.ts';

type Reading = Pick<IncidentStore, 'get' | 'list' | 'hypotheses' | 'attempts'>;

/**
 * Whether a transaction may be opened for an incident; in guided mode it has to be for one. The refusal names the
 * step that is missing.
 * @throws StratusError incident_required, incident_not_found, incident_phase
 */
export function requireMitigation(
  policy: Pick<Policy, 'mode' | 'name'>,
  incidents: Reading,
  incident: string | undefined,
): void {
  if (incident === undefined) {
    if (policy.mode === 'guided') throw withoutIncident(policy, incidents);
    return;
  }
  const standing = standingOf(incidents, incidentOf(incidents, incident));
  const { row, transaction } = standing;
  if (!allows(row.phase, 'write')) {
    throw new StratusError(
      'incident_phase',
      `${row.id} is in ${row.phase}; a transaction is opened in mitigation only.`,
      {
        rule: `phase ${row.phase}`,
        next: nextOf(standing),
        details: { incident: row.id, phase: row.phase },
      },
    );
  }
  if (transaction === undefined) return;
  throw new StratusError(
    'incident_phase',
    `${transaction} is open for attempt ${row.attempt} of ${row.id}; an attempt has one transaction.`,
    { rule: 'one transaction an attempt', next: `Go on with ${transaction}. ${nextOf(standing)}` },
  );
}

/** A change that is a transaction of its own: guided mode has none. @throws StratusError incident_required */
export function requireTransaction(
  policy: Pick<Policy, 'mode' | 'name'>,
  incidents: Reading,
): void {
  if (policy.mode === 'guided') throw withoutIncident(policy, incidents);
}

/**
 * Whether a committed transaction may be taken back now: in guided mode that is not for who only looks. What an
 * earlier attempt left is taken back in mitigation.
 * @throws StratusError incident_phase
 */
export function requireUndo(
  policy: Pick<Policy, 'mode'>,
  incidents: Reading & Pick<IncidentStore, 'ofTransaction'>,
  transaction: string,
): void {
  const of = policy.mode === 'guided' ? incidents.ofTransaction(transaction) : undefined;
  if (of === undefined) return;
  const standing = standingOf(incidents, incidentOf(incidents, of.incident));
  const { row } = standing;
  if (allows(row.phase, 'undo')) return;
  throw new StratusError(
    'incident_phase',
    `${transaction} belongs to ${row.id}, which is in ${row.phase}: its role, ${PHASES[row.phase].role}, only looks.`,
    {
      rule: `phase ${row.phase}`,
      next: `${nextOf(standing)} In mitigation ${transaction} can be taken back.`,
      details: { incident: row.id, phase: row.phase },
    },
  );
}

function withoutIncident(policy: Pick<Policy, 'name'>, incidents: Reading): StratusError {
  const { rows } = incidents.list({ phases: OPEN, limit: 1 });
  const [row] = rows;
  const what = `The policy "${policy.name}" is guided: changes are made in a transaction of an incident in mitigation.`;
  if (row === undefined) {
    return new StratusError('incident_required', `${what} No incident is open.`, {
      rule: 'mode: guided',
      next: 'incident_open {"title":"…","namespaces":["…"]} opens one; its answers say what comes next. dry_run works at any time.',
    });
  }
  const standing = standingOf(incidents, row);
  return new StratusError('incident_required', `${what} ${row.id} is in ${row.phase}.`, {
    rule: 'mode: guided',
    next: `${nextOf(standing)} dry_run works at any time.`,
    details: { incident: row.id, phase: row.phase },
  });
}
