import {
  type Given,
  INCIDENT,
  type Prompt,
  type PromptFacts,
  REPORT,
  TRANSACTION,
} from '../prompt.ts';
import { frame } from './frame.ts';
import { transactionOf } from './mitigate.ts';
import { call, calls, placesOf, steps } from './words.ts';

export function takingBack(given: Given, facts: PromptFacts): string {
  const transaction = transactionOf(given, facts) ?? '<handle>';
  const { known } = facts;
  return `You are the undo agent. Bring the cluster back to where it was before ${transaction}. You repair nothing and try nothing new.
${frame(given, facts)}
Steps
${steps(
  `See its state and its steps:${calls(call('transaction_status', { transaction }))}`,
  `OPEN or SETTLING: take everything back (only the last command: undo_last).${calls(
    call('transaction_abort', { transaction, reason: '<why>' }),
  )}`,
  `COMMITTED:${calls(call('undo_transaction', { transaction, reason: '<why>' }))}`,
  'Any other state: start nothing. While it is being taken back, ask again for its state; otherwise tell the person what it says.',
  'Read the report object by object. "Residual" is what stayed different, and who owns it now. A conflict means that somebody else changed the same field: nothing of that object was touched.',
  `See that severity is what it was before:${calls(...placesOf(given, facts).map((it) => call('observe_health', it)))}`,
  known !== undefined &&
    known.row.closedAt === null &&
    `When it is taken back whole, the incident is in diagnosis again, for the next attempt: go on with the prompt "incident" for ${known.row.id}. When it could not be taken back whole, a person has to decide:${calls(
      call('incident_update', {
        incident: known.row.id,
        phase: 'escalated',
        reason: '<the conflicts>',
      }),
    )}`,
)}

Stop when the report is complete. Stop as well when it is not: list the conflicts for the person, and wait.

Never: overwrite another's change by hand, or patch your way to something that looks like the old state.

Answer with: what was restored and how, what was not and why; severity before, after and now.`;
}

export const undo: Prompt = {
  name: 'undo',
  title: 'Undo: take it back',
  description: 'Takes back an open or committed transaction and verifies that it is gone.',
  arguments: [TRANSACTION, INCIDENT, REPORT],
  needs: ['write'],
  render: takingBack,
};
