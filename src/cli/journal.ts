import { Command, InvalidArgumentError } from 'commander';
import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import { plainLine } from '../core/plain-text.ts';
import { journalFiles } from '../journal/inspect.ts';
import { backupJournal, journalContents, openMaintenance } from '../journal/maintenance.ts';
import type { PrunePlan, RetentionRule } from '../journal/retention.ts';
import type { Actor } from '../journal/types.ts';
import { pruneText, sizeText, statusText } from './journal-text.ts';
import { parseMoment } from './time-option.ts';

/** What the command needs of its process. */
export interface JournalIo {
  readonly stdout: (text: string) => unknown;
  readonly stderr: (text: string) => unknown;
  readonly exit: (code: number) => void;
  readonly clock: Clock;
  /** Who is at the terminal, for the audit log. */
  readonly actor: Actor;
  readonly newCall: () => string;
  /** The journal that the option names; `undefined` means the default one. */
  readonly journalPath: (option: string | undefined) => string;
}

/** Rows that one write of `prune` removes: some ten milliseconds in which a server waits. */
const PRUNE_ROWS = 1_000;

/** `journal status | prune | vacuum | backup`, for its keeper. All of them work while servers run. */
export function journalCommand(io: JournalIo): Command {
  const command = new Command('journal')
    .description('size, pruning, vacuum and backup of the journal')
    .option('--journal <file>', 'the journal (STRATUS_JOURNAL)')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr });
  const guarded = (act: (path: string) => string) => {
    try {
      io.stdout(act(io.journalPath(command.opts<{ journal?: string }>().journal)));
    } catch (thrown) {
      if (!(thrown instanceof StratusError)) throw thrown;
      io.stderr(`${plainLine(thrown.message)}\n${plainLine(thrown.next)}\n`);
      io.exit(1);
    }
  };

  command
    .command('status')
    .description('size, rows, the oldest one, schema, transactions')
    .option('--json', 'one JSON document')
    .action(({ json }: { json?: boolean }) =>
      guarded((path) => {
        const status = { ...journalFiles(path), ...journalContents(path) };
        return json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status);
      }),
    );

  command
    .command('prune')
    .description('remove old calls and finished transactions, with what their undo would need')
    .requiredOption('--older-than <when>', 'over before then: 90d (ago) or an ISO time', (text) =>
      parseMoment(text, io.clock.now()),
    )
    .option('--keep-transactions <n>', 'keep the newest n transactions, however old', wholeNumber)
    .option('--dry-run', 'say what would go')
    .option('--json', 'one JSON document')
    .action((options: PruneFlags) =>
      guarded((path) => {
        const plan = prune(io, path, options);
        const { dryRun = false, json } = options;
        if (json) return `${JSON.stringify({ dry_run: dryRun, ...plan }, null, 2)}\n`;
        return pruneText(plan, dryRun);
      }),
    );

  command
    .command('vacuum')
    .description('give the space of what was removed back to the disk; calls wait meanwhile')
    .action(() =>
      guarded((path) => {
        const before = journalFiles(path).bytes;
        const journal = openMaintenance(path, io.clock);
        try {
          audited(io, journal.audit, 'cli journal vacuum', {}, () => journal.vacuum());
        } finally {
          journal.close();
        }
        return `${path}: ${sizeText(before)} before, ${sizeText(journalFiles(path).bytes)} now.\n`;
      }),
    );

  command
    .command('backup')
    .description('copy the journal as it is now, and verify the copy')
    .argument('<file>', 'where to; it must not be there yet')
    .option('--with-key', 'copy the sealing key too, to <file>.key')
    .action((file: string, { withKey = false }: { withKey?: boolean }) =>
      guarded((path) => {
        const { bytes, auditRows, key, file: copy } = backupJournal(path, file, withKey);
        const sealed =
          key === undefined
            ? 'The sealing key is not in it: without the key, images in it stay unreadable and nothing can be undone from it. Keep the key elsewhere, or say --with-key.'
            : `The sealing key is in ${key}: whoever has both can read every image. Keep them apart.`;
        return `${copy}: ${sizeText(bytes)}, ${auditRows} audit rows, verified.\n${sealed}\n`;
      }),
    );

  for (const each of command.commands) each.copyInheritedSettings(command);
  return command;
}

interface PruneFlags {
  readonly olderThan: number;
  readonly keepTransactions?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

function prune(io: JournalIo, path: string, flags: PruneFlags): PrunePlan {
  const { olderThan, keepTransactions, dryRun } = flags;
  if (olderThan > io.clock.now()) {
    throw new StratusError('invalid_arguments', '--older-than lies in the future.');
  }
  const rule: RetentionRule = {
    before: olderThan,
    ...(keepTransactions === undefined ? {} : { keepTransactions }),
  };
  const journal = openMaintenance(path, io.clock);
  try {
    const plan = journal.retention.plan(rule);
    if (dryRun || (plan.auditRows === 0 && plan.transactions.length === 0)) return plan;
    audited(io, journal.audit, 'cli journal prune', { ...rule }, (call) => {
      const work = journal.retention.prune(plan, rule, { call, rows: PRUNE_ROWS });
      while (!work.next().done);
    });
    return plan;
  } finally {
    journal.close();
  }
}

/** What a person does to the journal is in it, like any other call. */
function audited(
  io: JournalIo,
  audit: ReturnType<typeof openMaintenance>['audit'],
  tool: string,
  args: { [name: string]: number },
  work: (call: string) => void,
): void {
  const call = io.newCall();
  const started = io.clock.monotonic();
  audit.start({ call, actor: io.actor, tool, args });
  const end = (facts: { outcome: 'ok' | 'failed'; message?: string }) => {
    const durationMs = Math.round(io.clock.monotonic() - started);
    audit.end({ call, decision: 'none', durationMs, ...facts });
  };
  try {
    work(call);
    end({ outcome: 'ok' });
  } catch (thrown) {
    end({ outcome: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) });
    throw thrown;
  }
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Say a whole number from 0 on.');
}
