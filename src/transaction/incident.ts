import { StratusError } from '../core/errors.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import type { EngineParts } from './parts.ts';
import type { BeginRequest } from './types.ts';

/**
 * Before severity is measured for a transaction: whether it may be one of that incident. Asked again when the
 * transaction is written, by the journal itself.
 * @throws StratusError incident_required, incident_not_found, incident_phase
 */
export function checkIncident(
  { policy, journal }: EngineParts,
  { incident }: BeginRequest,
  identity: ClusterIdentity,
): void {
  if (incident === undefined) {
    if (policy.mode === 'direct') return;
    throw new StratusError(
      'incident_required',
      `The policy "${policy.name}" is guided: a transaction needs an incident in mitigation.`,
      {
        rule: 'mode: guided',
        next: 'incident_open, incident_update to diagnosis, a hypothesis, incident_update to mitigation; then transaction_begin with that incident.',
      },
    );
  }
  const row = journal.incidents.get(incident);
  if (row === undefined) {
    throw new StratusError('incident_not_found', `There is no incident ${incident}.`);
  }
  if (!identity.isSame(row.cluster)) {
    throw new StratusError(
      'incident_phase',
      `${incident} was opened on another cluster: ${row.cluster}.`,
      { next: 'Open an incident on this one with incident_open.' },
    );
  }
  if (row.phase !== 'mitigation') {
    throw new StratusError(
      'incident_phase',
      `${incident} is in ${row.phase}; a transaction is opened in mitigation only.`,
      {
        rule: 'phase mitigation',
        next: `incident_status with incident "${incident}" says how it gets there.`,
      },
    );
  }
}
