import { StratusError, toStratusError } from '../core/errors.ts';
import { describeRef } from '../core/kube.ts';
import type { MitigateOutput } from '../tools/mitigate/output.ts';
import { commitPayload } from '../tools/transaction/commit.ts';
import { budgetPayload, budgetSentence, short } from '../tools/transaction/payload.ts';
import type { MitigateTool } from '../tools/types.ts';
import type { Caller, ObjectChange, StepRequest } from '../transaction/types.ts';
import { callerOf, type Passage } from './run-tool.ts';
import type { Workbench } from './runtime.ts';

/** How long a one-command transaction waits for its commit before it hands over the handle. */
const ONE_COMMAND_WAIT_MS = 45_000;

/** A change: planned only, added to a transaction, or a transaction of its own. */
export async function runMitigate(
  tool: MitigateTool,
  args: Record<string, unknown>,
  bench: Workbench,
  passage: Passage,
): Promise<MitigateOutput> {
  const { transaction } = args;
  const caller = callerOf(passage);
  const request: StepRequest = {
    tool: tool.name,
    reads: tool.reads(args),
    plan: (live) => tool.plan(args, live),
  };
  const note = (changes: readonly ObjectChange[]) => {
    passage.decisions.push(...changes.map((change) => change.decision));
  };
  try {
    if (typeof transaction === 'string') {
      refuseLateDeclaration(args);
      return args.dry_run === true
        ? await planned(bench, request, caller, note, transaction)
        : await applied(bench, request, caller, note, transaction);
    }
    if (args.dry_run === true) return await planned(bench, request, caller, note);
    return await oneCommand(bench, request, args, passage, note);
  } catch (thrown) {
    const error = toStratusError(thrown);
    if (error.code !== 'no_change') throw error;
    return { summary: error.message, status: 'no_change', next: error.next };
  }
}

type Note = (changes: readonly ObjectChange[]) => void;

async function planned(
  { engine }: Workbench,
  request: StepRequest,
  caller: Caller,
  note: Note,
  transaction?: string,
): Promise<MitigateOutput> {
  const { changes, budget } = await engine.plan(request, caller, transaction);
  note(changes);
  return {
    summary: `Planned, nothing written: ${sentenceOf(changes)}`,
    status: 'planned',
    ...(transaction === undefined ? {} : { transaction }),
    changes: changes.map(changePayload),
    ...(budget === undefined ? {} : { budget: budgetPayload(budget) }),
    next: 'Call again with dry_run false to do it.',
  };
}

async function applied(
  { engine }: Workbench,
  request: StepRequest,
  caller: Caller,
  note: Note,
  transaction: string,
): Promise<MitigateOutput> {
  const { changes, budget } = await engine.step(transaction, request, caller);
  note(changes);
  return {
    summary: `Done in ${transaction}: ${sentenceOf(changes)} ${budgetSentence(budget)}`,
    status: 'applied',
    transaction,
    changes: changes.map(changePayload),
    budget: budgetPayload(budget),
    next: `transaction_commit settles and judges ${transaction}; undo_last takes this command back, transaction_abort everything.`,
  };
}

// Planned first, so that a refused or needless change leaves no transaction behind.
async function oneCommand(
  bench: Workbench,
  request: StepRequest,
  args: Record<string, unknown>,
  passage: Passage,
  note: Note,
): Promise<MitigateOutput> {
  const { engine, reader } = bench;
  const caller = callerOf(passage);
  const reason = String(args.reason);
  const plan = await engine.plan(request, caller);
  note(plan.changes);
  const touched = plan.changes.flatMap(({ object }) => object.namespace ?? []);
  const namespaces = touched.length > 0 ? [...new Set(touched)] : [reader.defaultNamespace];
  const { id } = await engine.begin(
    {
      reason,
      namespaces,
      ...(args.intended_reduction === true
        ? { declaredReductions: plan.changes.map(({ object }) => ({ object, reason })) }
        : {}),
    },
    caller,
  );
  try {
    const { changes } = await engine.step(id, request, caller);
    const result = await engine.commit(
      id,
      {
        waitMs: ONE_COMMAND_WAIT_MS,
        onProgress: (sample) =>
          passage.call.progress(
            `severity ${sample.severity}: ${sample.note}`,
            sample.elapsedMs / 1000,
            ONE_COMMAND_WAIT_MS / 1000,
          ),
      },
      caller,
    );
    const commit = commitPayload(result);
    return {
      ...commit,
      summary: `${sentenceOf(changes)} ${commit.summary}`,
      changes: changes.map(changePayload),
    };
  } catch (thrown) {
    throw await takenBack(bench, id, toStratusError(thrown), passage);
  }
}

/** Nobody holds the handle of a failed one-command transaction, so it is aborted here and now. */
async function takenBack(
  { engine }: Workbench,
  id: string,
  error: StratusError,
  passage: Passage,
): Promise<StratusError> {
  // Without the signal: a cancelled call has to be cleaned up too.
  const { signal: _, ...caller } = callerOf(passage);
  const facts = { rule: error.rule, details: { ...error.details, transaction: id } };
  const as = (changed: StratusError['changed'], next: string) =>
    new StratusError(error.code, error.message, {
      changed,
      next,
      details: facts.details,
      cause: error.cause,
      ...(facts.rule === undefined ? {} : { rule: facts.rule }),
    });
  try {
    const { undo } = await engine.abort(id, error.message, caller);
    if (undo.complete) return as('nothing', error.next);
  } catch (thrown) {
    // The engine may have closed it already, as it does after an outcome nobody knows.
    passage.runtime.log.info({ err: thrown, transaction: id }, 'abort after a failed command');
    if (engine.view(id).state === 'ABORTED') return as('nothing', error.next);
  }
  return as('unknown', `Look at ${id} with transaction_status; a person may have to decide.`);
}

function refuseLateDeclaration(args: Record<string, unknown>): void {
  if (args.intended_reduction !== true) return;
  throw new StratusError(
    'invalid_arguments',
    'intended_reduction counts only for a call that is a transaction of its own.',
    { next: 'Name the object in declared_reductions of transaction_begin.' },
  );
}

function sentenceOf(changes: readonly ObjectChange[]): string {
  const [first] = changes;
  if (first === undefined) return 'nothing to do.';
  const more = changes.length > 1 ? `, and ${changes.length - 1} more` : '';
  return `${describeRef(first.object)}: ${first.summary}${more}.`;
}

function changePayload(change: ObjectChange) {
  const { effect, rule, reason } = change.decision;
  return {
    object: describeRef(change.object),
    summary: change.summary,
    diff: change.diff,
    kubectl: change.kubectl,
    class: change.class,
    undo: change.undo,
    policy: effect === 'allow' ? `allow (${rule})` : `${effect} (${rule}): ${reason}`,
    ...short(change.warnings, 'warnings'),
  };
}
