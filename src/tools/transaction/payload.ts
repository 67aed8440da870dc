import { describeRef, type ObjectRef } from '../../core/kube.ts';
import type { ApprovalRow } from '../../journal/approval-types.ts';
import type { Verdict, Violation } from '../../severity/types.ts';
import type { Budget, StepView, TransactionView, UndoReport } from '../../transaction/types.ts';
import { toDecide } from './conflicted.ts';

/** Items that one answer repeats at most; the rest is counted. */
const LIST_LIMIT = 12;

/** A list cut to what a reader takes in, with the number left out. Empty lists vanish. */
export function short<T>(items: readonly T[], name: string): Record<string, unknown> {
  if (items.length === 0) return {};
  if (items.length <= LIST_LIMIT) return { [name]: items };
  return { [name]: items.slice(0, LIST_LIMIT), [`${name}_left_out`]: items.length - LIST_LIMIT };
}

export function budgetPayload(budget: Budget) {
  return {
    commands_left: budget.commandsLeft,
    seconds_left: Math.max(0, Math.floor(budget.secondsLeft)),
    objects_left: budget.objectsLeft,
    pods_at_risk_left: budget.podsAtRiskLeft,
  };
}

export function budgetSentence(budget: Budget): string {
  const minutes = Math.max(0, Math.round(budget.secondsLeft / 60));
  return `${counted(budget.commandsLeft, 'command')} and about ${counted(minutes, 'minute')} left.`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function violationLine({ object, message }: Violation): string {
  const name = `${describeRef(object)}: `;
  return message.startsWith(name) ? message : `${name}${message}`;
}

/** What the gate found; its sentence and the severities stand beside it in every answer. */
export function verdictPayload(verdict: Verdict) {
  const failed = verdict.findings
    .filter((finding) => !finding.ok)
    .map((finding) => `${finding.rule}: ${finding.message}`);
  return {
    pass: verdict.pass,
    ...short(failed, 'findings'),
    ...short(verdict.appeared.map(violationLine), 'appeared'),
    ...short(verdict.disappeared.map(violationLine), 'disappeared'),
  };
}

/** What became of each object; the sentence about it stands in the answer's summary. */
export function undoPayload(undo: UndoReport) {
  const objects = undo.objects.map((item) => ({
    object: describeRef(item.object),
    state: item.state,
    how: item.how,
    ...short(item.residual, 'residual'),
    ...short(item.conflicts, 'conflicts'),
  }));
  return {
    complete: undo.complete,
    ...short(objects, 'objects'),
  };
}

/** The answer of a tool that closed a transaction by taking it back. */
export function takenBackPayload(transaction: TransactionView, undo: UndoReport) {
  return {
    summary: `${transaction.id}: ${undo.summary}`,
    transaction: transaction.id,
    ...ofIncident(transaction),
    state: transaction.state,
    ...severities(transaction),
    undo: undoPayload(undo),
    next: afterUndo(transaction, undo),
  };
}

function stepPayload(step: StepView) {
  return {
    command: step.command,
    tool: step.tool,
    object: describeRef(step.object),
    verb: step.verb,
    state: step.state,
    ...(step.deferred === undefined ? {} : { after_commit: step.deferred }),
    class: step.class,
    kubectl: step.kubectl,
    ...(step.error === undefined ? {} : { error: step.error }),
    ...short(step.residual, 'residual'),
    ...short(step.conflicts, 'conflicts'),
  };
}

/** The incident that it is an attempt at. */
export function ofIncident({ incident }: TransactionView) {
  return incident === undefined ? {} : { incident };
}

/** One transaction in a line of a list. */
export function transactionLine(view: TransactionView) {
  return {
    transaction: view.id,
    ...ofIncident(view),
    state: view.state,
    reason: view.reason,
    actor: view.actor,
    opened_at: new Date(view.openedAt).toISOString(),
    ...(view.closedAt === undefined ? {} : { closed_at: new Date(view.closedAt).toISOString() }),
    namespaces: view.namespaces,
    commands: new Set(view.steps.map((step) => step.command)).size,
    mine: view.mine,
    ...(view.outcome === undefined ? {} : { outcome: view.outcome }),
  };
}

/** One transaction in full. */
export function transactionDetail(view: TransactionView) {
  return {
    ...transactionLine(view),
    deadline_at: new Date(view.deadlineAt).toISOString(),
    ...(view.budget === undefined ? {} : { budget: budgetPayload(view.budget) }),
    steps: view.steps.map(stepPayload),
    ...short((view.approvals ?? []).map(approvalLine), 'approvals'),
    ...severities(view),
    ...(view.verdict === undefined ? {} : { verdict: verdictPayload(view.verdict) }),
  };
}

/** One approval in a line. */
function approvalLine(row: ApprovalRow) {
  const until = row.state === 'WAITING' ? row.decideBy : (row.useBy ?? row.decideBy);
  return {
    approval: row.id,
    state: row.state,
    what: row.summary,
    rule: row.rule,
    until: new Date(until).toISOString(),
  };
}

/** Severity over the life of a transaction, as far as it was measured. */
export function severities(view: TransactionView) {
  const { severityBefore, severityAfter, severityAfterUndo } = view;
  return {
    ...(severityBefore === undefined ? {} : { severity_before: severityBefore }),
    ...(severityAfter === undefined ? {} : { severity_after: severityAfter }),
    ...(severityAfterUndo === undefined ? {} : { severity_after_undo: severityAfterUndo }),
  };
}

const BY_ARGUMENT =
  '; its argument conflicts, "force" or "keep_theirs", asks for a person\'s approval';

/** What to do after taking back: a person is needed when something is left. */
export function afterUndo({ id, state, incident }: TransactionView, undo: UndoReport): string {
  if (state === 'OPEN') {
    return undo.complete
      ? `${id} is still open: make a different change, or transaction_abort gives up.`
      : `${id} is still open. Show this answer to the person: what others changed stays until a person decides. transaction_abort takes back the rest${BY_ARGUMENT}.`;
  }
  const conflicted = undo.objects.filter((item) => item.state === 'UNDO_CONFLICT');
  if (state === 'COMMITTED' && !undo.complete && conflicted.length === 0) {
    return `${id} stays committed. A new change has to put right what is wrong.`;
  }
  if (state === 'COMMITTED' && !undo.complete) {
    return `${id} stays committed. Take back the later change first, or make a new change that puts right what is wrong; or a person decides: call again with conflicts "force" (write over the later change) or "keep_theirs", which asks for an approval.`;
  }
  if (undo.complete && incident !== undefined) {
    return `incident_status {"incident":"${incident}"} says how it goes on: another attempt takes another hypothesis.`;
  }
  if (undo.complete) return 'Look again with observe_health before you try something different.';
  const left = undo.objects.some((item) => item.conflicts.length > 0 || item.state !== 'UNDONE');
  const refs = toDecide(conflicted).map(({ object }) => object);
  if (left) return stop(id, 'decide about the objects listed', refs);
  return `Every object is as before, but severity is not. Look with observe_health: find out what else changed before you try again; transaction_abort with "${id}" measures once more.`;
}

/** What can still be done about a committed transaction. */
export function afterCommit(view: TransactionView): string {
  const back = wayBack(view);
  if (view.incident === undefined || view.state !== 'COMMITTED') return back;
  return `incident_update {"incident":"${view.incident}","phase":"resolved"} measures whether it is gone. ${back}`;
}

function wayBack({ steps }: TransactionView): string {
  const gone = steps.filter((step) => step.deferred === 'DONE' && step.class === 'irreversible');
  if (gone.length === 0) return 'undo_transaction takes it all back.';
  const names = gone.map(({ object }) => describeRef(object)).join(', ');
  return `undo_transaction can't take it back any more: ${names} is gone for good, as approved.`;
}

/** Nothing more can be changed until a person looked: what they need to end that. */
export function stop(
  transaction: string,
  task: string,
  conflicted: readonly ObjectRef[] = [],
): string {
  const [first] = conflicted;
  const decide =
    first === undefined
      ? ''
      : ` Where others changed the same fields, a person decides with: stratus-mcp transactions resolve ${transaction} --object ${[first.kind, first.namespace, first.name].filter(Boolean).join('/')} --force --note "…" (or --keep-theirs in the place of --force); or changes it by hand first.`;
  return `Stop: a person has to ${task}. Show them this answer. transaction_abort looks and tries again${BY_ARGUMENT}.${decide} A person ends it as it is with: stratus-mcp transactions accept ${transaction} --note "…"`;
}

/** Something that waited for the commit was refused in the end. */
export function stopAfterCommit(transaction: string): string {
  return `Stop: a person has to look at what was refused after the commit. Show them this answer. transaction_abort tries that part again; undo_transaction takes the rest back; a person ends it as it is with: stratus-mcp transactions accept ${transaction} --note "…"`;
}
