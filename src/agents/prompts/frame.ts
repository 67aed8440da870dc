import type { IncidentPhase } from '../../journal/incident-types.ts';
import { PHASES } from '../machine.ts';
import type { Given, PromptFacts } from '../prompt.ts';
import { nextOf } from '../steps.ts';
import { knowledgeOf } from './known.ts';
import { DATA_RULES, READING, reportOf } from './words.ts';

/** What stands in every prompt between the role and its steps. */
export function frame(given: Given, facts: PromptFacts): string {
  return `${reportOf(given, facts)}${knowledgeOf(facts)}
${READING}

${DATA_RULES}
`;
}

/** The role of a phase is not on: what is to be done instead. Empty when it is, or when there is no incident. */
export function otherRole({ known }: PromptFacts, phases: readonly IncidentPhase[]): string {
  if (known === undefined || phases.includes(known.row.phase)) return '';
  const { phase, id } = known.row;
  return `
${id} is in ${phase}, which is for another role (${PHASES[phase].role}): the steps below are not on now. ${nextOf(known.standing)} The prompt "incident" has the steps of ${phase}.
`;
}
