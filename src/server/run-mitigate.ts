import { requireTransaction } from '../agents/enforce.ts';
import { StratusError, toStratusError } from '../core/errors.ts';
import { describeRef } from '../core/kube.ts';
import { noteLogFields } from '../core/log.ts';
import type { MitigateOutput } from '../tools/mitigate/output.ts';
import { DATA_NOTE } from '../tools/render/untrusted.ts';
import { commitPayload } from '../tools/transaction/commit.ts';
import { budgetPayload, budgetSentence } from '../tools/transaction/payload.ts';
import { APPROVABLE } from '../transaction/change.ts';
import type { Caller, ObjectChange } from '../transaction/types.ts';
import { callerOf, type Passage } from './run-tool.ts';
import type { Workbench } from './runtime.ts';
import { until } from './until.ts';
import { NOTHING_TO_DO, type PlannedWork, type Work } from './work.ts';

/** How long a one-call transaction may take, begin to commit, before it hands over the handle. */
const ONE_CALL_WAIT_MS = 50_000;

/** A change: planned only, added to a transaction, or a transaction of its own. */
export async function runMitigate(
  work: Work,
  args: Record<string, unknown>,
  bench: Workbench,
  passage: Passage,
): Promise<MitigateOutput> {
  const { transaction } = args;
  const caller = callerOf(passage);
  const note = (changes: readonly ObjectChange[]) => {
    passage.decisions.push(...changes.map((change) => change.decision));
    passage.objects.push(...changes.map((change) => change.object));
  };
  try {
    if (typeof transaction === 'string') {
      refuseLateDeclaration(args);
      return args.dry_run === true
        ? await planned(bench, work, caller, note, transaction)
        : await applied(bench, work, caller, note, transaction);
    }
    if (args.dry_run === true) return await planned(bench, work, caller, note);
    requireTransaction(passage.runtime.policy, passage.journal.incidents);
    return await oneCall(bench, work, args, passage, note);
  } catch (thrown) {
    const error = toStratusError(thrown);
    if (error.code !== 'no_change') throw error;
    return { summary: error.message, status: 'no_change', next: error.next };
  }
}

type Note = (changes: readonly ObjectChange[]) => void;

async function planned(
  { engine }: Workbench,
  work: Work,
  caller: Caller,
  note: Note,
  transaction?: string,
): Promise<MitigateOutput> {
  const { changes, budget, sentence, payload } = await work.plan(engine, caller, transaction);
  if (changes.length === 0) throw new StratusError('no_change', NOTHING_TO_DO);
  note(changes);
  return {
    summary: `Planned, nothing written: ${sentence}`,
    status: 'planned',
    ...(transaction === undefined ? {} : { transaction }),
    ...payload,
    note: DATA_NOTE,
    ...(budget === undefined ? {} : { budget: budgetPayload(budget) }),
    next: nextOf(changes),
  };
}

async function applied(
  { engine }: Workbench,
  work: Work,
  caller: Caller,
  note: Note,
  transaction: string,
): Promise<MitigateOutput> {
  const { changes, budget, sentence, payload } = await work.run(engine, transaction, caller);
  note(changes);
  return {
    summary: `Done in ${transaction}: ${sentence} ${budgetSentence(budget)}`,
    status: 'applied',
    transaction,
    ...payload,
    note: DATA_NOTE,
    budget: budgetPayload(budget),
    next: `transaction_commit settles and judges ${transaction}; undo_last takes ${'commands' in payload ? 'the last command' : 'this command'} back, transaction_abort everything.`,
  };
}

// Planned first, so that a refused or needless change leaves no transaction behind.
async function oneCall(
  bench: Workbench,
  work: Work,
  args: Record<string, unknown>,
  passage: Passage,
  note: Note,
): Promise<MitigateOutput> {
  const { engine } = bench;
  const { clock } = passage.runtime;
  const started = clock.monotonic();
  const caller = callerOf(passage);
  const reason = String(args.reason);
  const plan = await work.plan(engine, caller);
  note(plan.changes);
  if (plan.changes.length === 0) throw new StratusError('no_change', NOTHING_TO_DO);
  requireRunnable(plan);
  if (plan.changes.some(({ decision }) => decision.effect === 'ask')) {
    await work.approve(engine, caller);
  }
  passage.call.progress('measuring severity before the change', 0);
  const { id } = await engine.begin(
    {
      reason,
      namespaces: plan.namespaces,
      ...(args.intended_reduction === true
        ? { declaredReductions: plan.changes.map(({ object }) => ({ object, reason })) }
        : {}),
    },
    caller,
  );
  noteLogFields({ transaction: id });
  try {
    const { sentence, payload } = await work.run(engine, id, caller);
    const committing = engine.commit(id, {
      waitMs: Math.max(0, started + ONE_CALL_WAIT_MS - clock.monotonic()),
      onProgress: (sample) =>
        passage.call.progress(
          `severity ${sample.severity}: ${sample.note}`,
          (clock.monotonic() - started) / 1000,
        ),
    });
    // Who gives up a change of its own doesn't want it: nobody would be left to hear of its end.
    const result = await until(committing, passage.call.signal);
    const commit = commitPayload(result);
    return {
      ...commit,
      summary: `${sentence} ${commit.summary}`,
      ...payload,
    };
  } catch (thrown) {
    throw await takenBack(bench, id, toStratusError(thrown), passage);
  }
}

/** What a step would refuse anyway, told before a transaction is opened for it. */
function requireRunnable({ changes, commandOf = () => '' }: PlannedWork): void {
  for (const change of changes) {
    const { object, class: reversibility, undo } = change;
    const where = commandOf(change);
    if (reversibility === 'irreversible' && !change.deferred) {
      throw new StratusError(
        'irreversible',
        `${where}The change of ${describeRef(object)} can't be undone. ${undo}`,
        { rule: 'A2 faithful undo', ...(change.deferrable ? { next: APPROVABLE } : {}) },
      );
    }
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
  // Evicted pods don't come back, even where all else did.
  const left = error.changed === 'something' ? 'something' : 'nothing';
  try {
    const { undo } = await engine.abort(id, error.message, caller);
    if (undo.complete) return as(left, error.next);
  } catch (thrown) {
    // The engine may have closed it already, as it does after an outcome nobody knows.
    passage.runtime.log.info({ err: thrown, transaction: id }, 'abort after a failed command');
    if (engine.view(id).state === 'ABORTED') return as(left, error.next);
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

function nextOf(changes: readonly ObjectChange[]): string {
  if (changes.some((change) => change.class === 'irreversible' && !change.deferred)) {
    return "It can't be undone, so it would be refused. Choose a change that can be undone.";
  }
  if (changes.some((change) => change.decision.effect === 'ask')) {
    return 'It needs the approval of a human: call with dry_run false, and the answer says how the person gives it.';
  }
  return 'Call again with dry_run false to do it.';
}
