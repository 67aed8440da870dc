import { Command, InvalidArgumentError } from 'commander';
import type { Flags } from '../core/config.ts';
import { StratusError } from '../core/errors.ts';
import { createLog } from '../core/log.ts';
import type { Actor } from '../journal/types.ts';
import { osUser } from '../server/actor.ts';
import { createRuntime } from '../server/create-runtime.ts';
import type { Runtime } from '../server/runtime.ts';
import { transactionDetail, transactionLine, undoPayload } from '../tools/transaction/payload.ts';
import type { Caller } from '../transaction/types.ts';
import { guarded } from './fail.ts';
import { configOf, withServerOptions } from './options.ts';
import { terminal } from './terminal.ts';

/** `stratus-mcp transactions list|show|undo|accept|recover`, for a person at a terminal. Answers are JSON. */
export function transactionsCommand(): Command {
  const group = new Command('transactions').description(
    'list, show, undo, accept and recover transactions',
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
        run(flags, async (runtime) => transactionDetail((await runtime.cluster()).engine.view(id))),
      ),
    );
  add('undo', 'take back a committed transaction')
    .argument('<id>', 'handle such as txn-7')
    .action(
      guarded((id: string, flags: Flags) =>
        change(flags, async (runtime) => audited(runtime, 'cli undo', id, () => undo(runtime, id))),
      ),
    );
  add('accept', 'accept as it is what could not be taken back, so that work can go on')
    .argument('<id>', 'handle such as txn-7')
    .requiredOption('--note <text>', 'what you found and did; kept in the audit log')
    .action(
      guarded((id: string, flags: Flags & { note: string }) =>
        change(flags, async (runtime) =>
          audited(runtime, 'cli accept', id, async () => {
            const { engine } = await runtime.cluster();
            return transactionLine(engine.accept(id, flags.note, callerIn(runtime)));
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

async function undo(runtime: Runtime, id: string) {
  const { engine } = await runtime.recovered();
  const { transaction, undo: report } = await engine.undoCommitted(id, callerIn(runtime));
  if (!report.complete) process.exitCode = 2;
  const { state } = transaction;
  return { transaction: id, state, summary: report.summary, undo: undoPayload(report) };
}

/** What a person does at the terminal is in the audit log like any other call. */
async function audited<T>(
  runtime: Runtime,
  tool: string,
  transaction: string,
  work: () => Promise<T>,
) {
  const { audit } = await runtime.journal();
  const call = runtime.ids.call();
  const started = runtime.clock.monotonic();
  audit.start({ call, actor: actor(), tool, args: { transaction }, transaction });
  const end = (facts: { outcome: 'ok' | 'failed'; code?: string; message?: string }) => {
    const durationMs = Math.round(runtime.clock.monotonic() - started);
    audit.end({ call, decision: 'none', durationMs, transaction, ...facts });
  };
  try {
    const result = await work();
    end({ outcome: 'ok' });
    return result;
  } catch (error) {
    const code = error instanceof StratusError ? error.code : 'internal';
    const message = error instanceof Error ? error.message : String(error);
    end({ outcome: 'failed', code, message });
    throw error;
  }
}

function callerIn(runtime: Runtime): Caller {
  const { client, principal } = actor();
  return { call: runtime.ids.call(), tool: client, actor: `${client} (${principal})` };
}

function actor(): Actor {
  return { client: 'cli', principal: osUser(), session: `cli-${process.pid}` };
}

/** What changes the cluster or the word of the journal about it. */
async function change(flags: Flags, work: (runtime: Runtime) => Promise<object>): Promise<void> {
  if (configOf(flags).readOnly) {
    throw new StratusError('policy_refused', 'This would write, and --read-only is set.', {
      rule: 'read-only',
      next: 'Run it without --read-only and STRATUS_READ_ONLY, if you mean it.',
    });
  }
  await run(flags, work);
}

async function run(flags: Flags, work: (runtime: Runtime) => Promise<object>): Promise<void> {
  const config = configOf({ logLevel: 'warn', ...flags });
  const runtime = await createRuntime(config, createLog(config.logLevel));
  try {
    terminal.stdout(`${JSON.stringify(await work(runtime), null, 2)}\n`);
  } finally {
    await runtime.close(1500);
  }
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Say a whole number above 0.');
}
