import type { Given, PromptFacts } from '../prompt.ts';
import { frame } from './frame.ts';
import { transactionOf } from './mitigate.ts';
import { call, calls, placesOf, steps } from './words.ts';

/** The role of detection once more, after a commit. */
export function validation(given: Given, facts: PromptFacts): string {
  const incident = facts.known?.row.id ?? '<incident>';
  const transaction = transactionOf(given, facts) ?? '<handle>';
  const attemptLeft =
    facts.known === undefined || facts.known.row.attempt < facts.known.row.attemptsAllowed;
  return `You are the detection agent once more. The repair was committed, so nothing got worse. Your question: is the incident gone?
${frame(given, facts)}
Steps
${steps(
  `Look:${calls(...placesOf(given, facts).map((it) => call('observe_health', it)))}`,
  `If what fired is gone, resolve it. The server measures for a while and refuses while something of it still fires:${calls(
    call('incident_update', { incident, phase: 'resolved' }),
  )}`,
  attemptLeft &&
    `If it is better, but another cause is left, keep the repair and go on:${calls(
      call('incident_update', {
        incident,
        phase: 'diagnosis',
        reason: '<what still fires>',
      }),
    )}`,
  `If the repair did not help at all, take it back:${calls(
    call('undo_transaction', { transaction, reason: '<why>' }),
  )}`,
  `If you cannot tell, or it was the last attempt, hand it to a person:${calls(
    call('incident_update', { incident, phase: 'escalated', reason: '<what is left>' }),
  )}`,
)}

Stop when the incident has left this phase.

Never: call it resolved because nothing got worse, or change anything more under this repair.

Answer with: gone or not, measured how; severity at the opening and now; what is left.`;
}
