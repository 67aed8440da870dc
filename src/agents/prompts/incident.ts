import { fenceUntrusted, shortText } from '../../core/untrusted.ts';
import type { IncidentPhase } from '../../journal/incident-types.ts';
import {
  type Given,
  INCIDENT,
  NAMESPACE,
  type Prompt,
  type PromptFacts,
  REPORT,
} from '../prompt.ts';
import { detection } from './detect.ts';
import { diagnosis } from './diagnose.ts';
import { knowledgeOf } from './known.ts';
import { mitigation } from './mitigate.ts';
import { takingBack } from './undo.ts';
import { validation } from './validate.ts';
import { call, DATA_RULES } from './words.ts';

const STEPS: Readonly<
  Record<
    Exclude<IncidentPhase, 'resolved' | 'escalated'>,
    (given: Given, facts: PromptFacts) => string
  >
> = {
  detection,
  diagnosis,
  mitigation,
  validation,
  undoing: takingBack,
};

const SHOWN = 5;

function whole(given: Given, facts: PromptFacts): string {
  const { known } = facts;
  if (known === undefined) return `${LOOP}\n${openOnes(facts)}\n${detection(given, facts)}`;
  const { phase, id } = known.row;
  if (phase === 'resolved' || phase === 'escalated') return over(facts);
  return `${LOOP}
Now: ${id}, phase ${phase}. After the steps below look where it is, and get this prompt again for the phase it is in then:
   ${call('incident_status', { incident: id })}

${STEPS[phase](given, facts)}`;
}

const LOOP = `You lead an incident from its beginning to its end, in the roles of STRATUS, one after the other. The server keeps its phase, and refuses what is not on:
detection → diagnosis → mitigation → validation → resolved. A change that makes things worse is taken back (undoing), and diagnosis begins again with the next attempt. When attempts are used up, or you cannot go on, it is escalated to a person.
Each phase has its own version of this prompt, which carries what is known by then: get the prompt "incident" again with the same handle whenever the phase has changed. If you cannot get prompts, follow "task", "allowed_next" and "next" of the answers.
`;

function openOnes({ open, fence }: PromptFacts): string {
  if (open.length === 0) return '';
  const lines = open
    .slice(0, SHOWN)
    .map(({ id, phase, title }) => `${id}, in ${phase}: ${shortText(title, 160)}`);
  const more = open.length - lines.length;
  return `These incidents are open. If one of them is what you are to work on, get this prompt with its handle instead of opening another:
${fenceUntrusted([...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'), fence)}
`;
}

function over(facts: PromptFacts): string {
  const { row } = facts.known ?? {};
  const end =
    row?.phase === 'resolved'
      ? 'It is resolved: nothing is left to do. Tell the person what the cause was, what was changed, and how it was measured to be gone.'
      : 'It is escalated: a person decides what happens next. Tell them what is known, what was tried and why it was taken back, and what is missing. Do not go on by yourself.';
  return `${row?.id} is over. ${end}
${knowledgeOf(facts)}
${DATA_RULES}

Stop here. What appears later is another incident.`;
}

export const incident: Prompt = {
  name: 'incident',
  title: 'Lead an incident to its end',
  description:
    'Leads through a whole incident, phase by phase: get it again with the same handle when the phase has changed.',
  arguments: [INCIDENT, NAMESPACE, REPORT],
  needs: ['write', 'record'],
  render: whole,
};
