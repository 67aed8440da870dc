import { StratusError } from '../core/errors.ts';
import type { HypothesisRow } from '../journal/incident-types.ts';
import { type By, type Desk, incidentOf, kept } from './desk.ts';

/**
 * Keeps a suspected cause with what speaks for it, in any phase that is not over: it belongs to the attempt under way.
 * @throws StratusError incident_not_found, incident_phase
 */
export function recordHypothesis(
  { incidents, policy }: Pick<Desk, 'incidents' | 'policy'>,
  incident: string,
  hypothesis: { readonly cause: string; readonly evidence: readonly string[] },
  by: By,
): HypothesisRow {
  const cause = kept(policy, hypothesis.cause);
  const evidence = hypothesis.evidence.map((one) => kept(policy, one));
  const made = incidents.record(incident, { cause, evidence }, by);
  if (made !== undefined) return made;
  const { phase } = incidentOf(incidents, incident);
  throw new StratusError(
    'incident_phase',
    `${incident} is ${phase}; nothing is added to it any more.`,
    {
      next: 'Open another incident with incident_open.',
    },
  );
}
