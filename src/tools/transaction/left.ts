import { describeRef } from '../../core/kube.ts';
import type { StepView, TransactionView } from '../../transaction/types.ts';
import { takenFrom } from './conflicted.ts';
import { short } from './payload.ts';

/**
 * What could not be taken back, object by object: why, and what resolves it. Empty for a transaction that needs
 * nobody. The commands are exact: a person can run them as they stand.
 */
export function leftPayload(view: TransactionView): Record<string, unknown> {
  if (view.state === 'COMMIT_INCOMPLETE') {
    const why = view.outcome ?? 'Not all that waited for the commit could be done.';
    const resolve = [...webhookOf(why), ...commandsOf(view)];
    return { needs_human: [{ object: 'the commit', why, resolve }] };
  }
  const waits = NEEDS_HUMAN.includes(view.state);
  if (!waits && !(BEING_UNDONE.includes(view.state) && !view.mine)) return {};
  const open = new Map<string, StepView>();
  for (const step of view.steps) {
    if (!SETTLED.includes(step.state)) open.set(describeRef(step.object), step);
  }
  const objects = [...open].map(([object, step]) => ({
    object,
    state: step.state,
    why: whyOf(step),
    resolve: [...resolveOf(view.id, step), ...commandsOf(view)],
  }));
  if (objects.length > 0) return short(objects, 'needs_human');
  if (!waits) return {};
  const why = 'Every object is as before, but severity is not, or could not be measured.';
  const look = 'observe_health shows what is worse';
  return { needs_human: [{ object: 'severity', why, resolve: [look, ...commandsOf(view)] }] };
}

function webhookOf(error: string): string[] {
  if (!/failed calling webhook/.test(error)) return [];
  return [
    'kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations  # then repair or remove the webhook that does not answer',
  ];
}

const NEEDS_HUMAN: readonly string[] = ['ABORT_INCOMPLETE', 'UNDO_INCOMPLETE'];
const BEING_UNDONE: readonly string[] = ['ABORTING', 'UNDOING'];
const SETTLED: readonly string[] = ['UNDONE', 'REJECTED'];

function whyOf(step: StepView): string {
  switch (step.state) {
    case 'UNDO_CONFLICT':
      if (takenFrom(step).length > 0) return `What it had is taken. ${takenFrom(step).join('; ')}.`;
      return 'Somebody else changed the same fields since; conflicts of the step has them.';
    case 'UNDO_IMPOSSIBLE':
      return step.error ?? 'The API server refused the restore.';
    case 'INTENT':
    case 'UNKNOWN':
      return `It is not known yet whether the change happened: no clear answer was seen. ${step.error ?? ''}`.trim();
    default:
      return 'Its undo has not ended: the API server did not answer, or the server that did it died.';
  }
}

/** What has to be so before trying again can help. */
function resolveOf(id: string, step: StepView): string[] {
  const { state, error = '', object } = step;
  const { kind, name, namespace } = object;
  const where = namespace === undefined ? '' : ` -n ${namespace}`;
  const get = `kubectl get ${kind} ${name}${where} -o yaml`;
  // No decision helps: the API server refuses to give it twice.
  const taken = takenFrom(step);
  if (taken.length > 0) return [`free it, then try again: ${taken.join('; ')}`];
  if (state === 'UNDO_CONFLICT') {
    const ref = [kind, namespace, name].filter(Boolean).join('/');
    return [
      `stratus-mcp transactions resolve ${id} --object ${ref} --force --note "…"  # takes their change out too`,
      `stratus-mcp transactions resolve ${id} --object ${ref} --keep-theirs --note "…"  # keeps it`,
      `${get}  # then put back the fields that are in conflict`,
    ];
  }
  if (!['INTENT', 'UNKNOWN', 'UNDO_IMPOSSIBLE'].includes(state)) return [];
  if (/can't be opened/.test(error)) return ['put back the key file of the journal'];
  const webhook = webhookOf(error);
  if (webhook.length > 0) return webhook;
  if (/terminating|being deleted/.test(error)) {
    return [
      `kubectl get ${kind} ${name}${where} -o jsonpath='{.metadata.finalizers}'  # then find who has to remove them`,
    ];
  }
  if (/forbidden|cannot \w+ resource/.test(error)) {
    return [`kubectl auth can-i update ${kind}${where}  # then give the identity what it lacks`];
  }
  return [get];
}

function commandsOf({ id, state }: TransactionView): string[] {
  const again =
    state === 'UNDO_INCOMPLETE' || state === 'UNDOING' ? 'undo_transaction' : 'transaction_abort';
  return [
    `${again} with transaction "${id}" tries again`,
    `stratus-mcp transactions accept ${id} --note "…"  # ends it as it is`,
  ];
}
