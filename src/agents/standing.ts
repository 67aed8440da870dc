import type { IncidentRow, IncidentStore } from '../journal/incident-types.ts';
import type { Standing } from './steps.ts';

type Reading = Pick<IncidentStore, 'hypotheses' | 'attempts'>;

/** How an incident stands, from the journal. */
export function standingOf(incidents: Reading, row: IncidentRow): Standing {
  const now = incidents.attempts(row.id).find(({ attempt }) => attempt === row.attempt);
  return {
    row,
    hypotheses: incidents.hypotheses(row.id),
    ...(now === undefined ? {} : { transaction: now.transaction }),
  };
}
