import {
  type Given,
  INCIDENT,
  NAMESPACE,
  type Prompt,
  type PromptFacts,
  REPORT,
  TRANSACTION,
} from '../prompt.ts';
import { frame, otherRole } from './frame.ts';
import { call, calls, isPlainName, steps } from './words.ts';

const TOOLS = `Which tool
- image, environment, resources or probes of a container: mitigate_set_container (all that one container needs in one call: that is one rollout)
- a revision that broke it: mitigate_rollout with action undo; observe_rollout says which one worked last
- too few or too many replicas, bounds of an autoscaler: mitigate_scale
- a Service's selector or port: mitigate_set_service; labels: mitigate_set_metadata
- a quota, a limit, a ConfigMap, any other field: mitigate_patch; whole objects: mitigate_apply; one object that is itself the cause: mitigate_delete
- a bad node: mitigate_node, mitigate_drain; several changes in an order, all or none: mitigate_batch`;

export function mitigation(given: Given, facts: PromptFacts): string {
  const { known } = facts;
  const transaction = transactionOf(given, facts);
  const handle = transaction ?? '<handle>';
  return `You are the mitigation agent. Remove the cause with the smallest change that can be taken back, in one transaction.
${otherRole(facts, ['mitigation'])}${frame(given, facts)}
Steps
${steps(
  'Confirm the cause with one fresh look at the object. If it does not hold any more, stop and say so.',
  transaction === undefined
    ? `Open the transaction:${calls(call('transaction_begin', beginArguments(given, facts)))}`
    : `Go on with the transaction that is open; see what it did and what is left of its budget. When the answer says "mine":false, it belongs to another server, or to one that died and is being cleaned up after: leave it alone, and ask incident_status until the phase has changed.${calls(
        call('transaction_status', { transaction }),
      )}`,
  `Plan: the mitigate_* call that fits, with "transaction":"${handle}" and "dry_run":true. Read the diff: only what you meant may be in it.`,
  'Make the same call with "dry_run":false. One change at a time. Not what you expected: undo_last before anything else.',
  `Commit. It waits until the workloads settle, and measures. While it answers "settling", call it again:${calls(
    call('transaction_commit', { transaction: handle }),
  )}`,
  `Read the verdict. Committed: what you changed stays, and it is to be seen whether the incident is gone. Undone: the cluster is as before; what the gate measured is new evidence${
    known === undefined ? '' : ', and the next attempt begins with diagnosis'
  }.${known === undefined ? '' : ` Go on with the prompt "incident" for ${known.row.id}.`}`,
)}

${TOOLS}

Stop when the budget does not suffice or an answer says that a human is needed. Then give up what is open, and report:
   ${call('transaction_abort', { transaction: handle, reason: '<why>' })}

Never: delete or scale away what is ill; remove probes, limits, quotas or policies to silence a symptom; change what the diagnosis does not name; make a change again that was taken back; look for a way around a refusal.

Answer with: object, field, from and to of each change; the verdict with severity before and after; the handle that takes it back.`;
}

function beginArguments(given: Given, { known }: PromptFacts): Record<string, unknown> {
  const reason = '<the cause, and what you are going to change>';
  if (known === undefined) {
    const { namespace } = given;
    return { namespaces: [isPlainName(namespace) ? namespace : '<namespace>'], reason };
  }
  const { id, namespaces } = known.row;
  return { incident: id, namespaces: namespaces === 'all' ? ['<namespace>'] : namespaces, reason };
}

/** The transaction that was named, or the one of the attempt under way. */
export function transactionOf({ transaction }: Given, { known }: PromptFacts): string | undefined {
  return isPlainName(transaction) ? transaction : known?.standing.transaction;
}

export const mitigate: Prompt = {
  name: 'mitigate',
  title: 'Mitigate: repair under guard',
  description: 'Repairs a diagnosed incident in a transaction that is undone if things get worse.',
  arguments: [INCIDENT, NAMESPACE, TRANSACTION, REPORT],
  needs: ['write'],
  render: mitigation,
};
