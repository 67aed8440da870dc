import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import { plainLine } from '../core/plain-text.ts';
import { redactText } from '../core/redact.ts';
import type { IncidentRow, IncidentStore } from '../journal/incident-types.ts';
import type { Policy } from '../policy/types.ts';
import type { SeverityMeter } from '../severity/types.ts';

/** What handling an incident takes. */
export interface Desk {
  readonly incidents: IncidentStore;
  readonly policy: Policy;
  readonly meter: SeverityMeter;
  readonly clock: Clock;
  /** Whether this is the cluster that was journaled so. */
  readonly isHere: (cluster: string) => Promise<boolean>;
  readonly signal?: AbortSignal;
}

/** Who does it, for the journal. */
export interface By {
  readonly call: string;
  readonly tool: string;
  readonly actor: string;
}

/** @throws StratusError incident_not_found */
export function incidentOf(incidents: Pick<IncidentStore, 'get'>, id: string): IncidentRow {
  const row = incidents.get(id);
  if (row !== undefined) return row;
  throw new StratusError(
    'incident_not_found',
    `There is no incident ${plainLine(id).slice(0, 80)}.`,
  );
}

/** Words of an assistant or a person as they are kept: without secrets. */
export function kept(policy: Policy, text: string): string {
  return redactText(text.trim(), policy.redaction);
}
