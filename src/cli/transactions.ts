import { Command } from 'commander';
import type { Flags } from '../core/config.ts';
import { StratusError } from '../core/errors.ts';
import type { Runtime } from '../server/runtime.ts';
import { toDecide } from '../tools/transaction/conflicted.ts';
import { leftPayload } from '../tools/transaction/left.ts';
import { transactionDetail, transactionLine, undoPayload } from '../tools/transaction/payload.ts';
import type { TransactionView, UndoReport } from '../transaction/types.ts';
import { guarded } from './fail.ts';
import { positive, withServerOptions } from './options.ts';
import { audited, callerIn, change, run } from './runtime.ts';

/** `stratus-mcp transactions list|show|undo|resolve|accept|recover`, for a person at a terminal. Answers are JSON. */
export function transactionsCommand(): Command {
  const group = new Command('transactions').description(
    'list, show, undo, resolve, accept and recover transactions',
  );
  const add = (word: string, description: string) =>
    withServerOptions(group.command(word)).description(description);

  add('list', 'transactions, newest first')
    .option('--open', 'only those that are not finished')
    .option('--limit <n>', 'how many', positive, 20)
    .action(
      guarded((flags: Flags & { open?: boolean; limit: number }) =>
        run(flags, async (runtime) => {
          const { engine } = await runtime.cluster();
          const { limit, open } = flags;
          const found = engine.list({ limit, ...(open ? { open } : {}) });
          return { total: found.total, transactions: found.transactions.map(transactionLine) };
        }),
      ),
    );
  add('show', 'one transaction: steps, severity, verdict')
    .argument('<id>', 'handle such as txn-7')
    .action(
      guarded((id: string, flags: Flags) =>
        run(flags, async (runtime) => {
          const view = (await runtime.cluster()).engine.view(id);
          return { ...transactionDetail(view), ...leftPayload(view) };
        }),
      ),
    );
  add('undo', 'take back a committed transaction')
    .argument('<id>', 'handle such as txn-7')
    .action(
      guarded((id: string, flags: Flags) =>
        change(flags, async (runtime) =>
          audited(runtime, 'cli undo', { transaction: id }, () => undo(runtime, id)),
        ),
      ),
    );
  add('resolve', 'decide about fields that others changed again, then take the rest back')
    .argument('<id>', 'handle such as txn-7')
    .requiredOption('--object <kind/namespace/name>', 'the object that is in conflict')
    .option('--force', 'write what was before the transaction over the later change')
    .option('--keep-theirs', 'leave the later change, take back the rest')
    .requiredOption('--note <text>', 'why; kept in the audit log')
    .action(
      guarded((id: string, flags: Flags & ResolveFlags) =>
        change(flags, async (runtime) =>
          audited(runtime, 'cli resolve', { transaction: id, note: flags.note }, () =>
            resolve(runtime, id, flags),
          ),
        ),
      ),
    );
  add('accept', 'accept as it is what could not be taken back, so that work can go on')
    .argument('<id>', 'handle such as txn-7')
    .requiredOption('--note <text>', 'what you found and did; kept in the audit log')
    .action(
      guarded((id: string, flags: Flags & { note: string }) =>
        change(flags, async (runtime) =>
          audited(runtime, 'cli accept', { transaction: id }, async () => {
            const { engine } = await runtime.cluster();
            return transactionLine(await engine.accept(id, flags.note, callerIn(runtime)));
          }),
        ),
      ),
    );
  add('recover', 'take back what a dead server left open').action(
    guarded((flags: Flags) =>
      change(flags, async (runtime) => {
        const { engine } = await runtime.cluster();
        const { recovered, needsHuman, busy } = await engine.recover();
        if (needsHuman.length > 0) process.exitCode = 2;
        return { recovered, needs_human: needsHuman, another_server_is_writing: busy };
      }),
    ),
  );
  return group;
}

interface ResolveFlags {
  readonly object: string;
  readonly force?: boolean;
  readonly keepTheirs?: boolean;
  readonly note: string;
}

async function resolve(runtime: Runtime, id: string, flags: ResolveFlags) {
  const { object, force, keepTheirs, note } = flags;
  if (Boolean(force) === Boolean(keepTheirs)) {
    throw new StratusError('invalid_arguments', 'Say either --force or --keep-theirs.');
  }
  const { engine } = await runtime.recovered();
  const request = {
    how: force ? ('force' as const) : ('keep_theirs' as const),
    ...{ object, note, byPerson: true },
  };
  const committed = engine.view(id).state === 'COMMITTED';
  const { transaction, undo: report } = committed
    ? await engine.undoCommitted(id, callerIn(runtime), request)
    : await engine.abort(id, note, callerIn(runtime), request);
  return answerOf(transaction, report);
}

async function undo(runtime: Runtime, id: string) {
  const { engine } = await runtime.recovered();
  const { transaction, undo: report } = await engine.undoCommitted(id, callerIn(runtime));
  return answerOf(transaction, report);
}

/** What was taken back; with what decides about the rest, where others changed the same fields. */
function answerOf({ id, state }: TransactionView, report: UndoReport) {
  if (!report.complete) process.exitCode = 2;
  const [conflict] = toDecide(report.objects);
  const answer = { transaction: id, state, summary: report.summary, undo: undoPayload(report) };
  if (conflict === undefined) return answer;
  const { kind, namespace, name } = conflict.object;
  const object = [kind, namespace, name].filter(Boolean).join('/');
  return {
    ...answer,
    next: `Decide with: stratus-mcp transactions resolve ${id} --object ${object} --force --note "…"  # or --keep-theirs`,
  };
}
