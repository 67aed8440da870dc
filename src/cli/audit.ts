import { Command, InvalidArgumentError, Option } from 'commander';
import { type Clock, systemClock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import { stringifyJson } from '../core/json.ts';
import { plainJson, plainLine } from '../core/plain-text.ts';
import type { AuditCondition } from '../journal/audit-filter.ts';
import type { JournalReader } from '../journal/open.ts';
import type { AuditRow } from '../journal/types.ts';
import { storyOf } from './audit-story.ts';
import { auditTable } from './audit-table.ts';
import { momentOf, parseMoment } from './time-option.ts';

/** What the command needs of the terminal. */
export interface AuditIo {
  /** May return a promise: `export` waits for it before it writes on. */
  readonly stdout: (text: string) => unknown;
  readonly stderr: (text: string) => unknown;
  /** Sets the exit code of the process; by default `process.exitCode`. */
  readonly exit?: (code: number) => void;
}

/** Opens the journal that the command line names; `undefined` means the default one. */
export type OpenAudit = (path: string | undefined) => JournalReader;

interface FilterOptions {
  since?: number;
  until?: number;
  tool?: string;
  namespace?: string;
  object?: string;
  transaction?: string;
  actor?: string;
  decision?: string;
  outcome?: string;
}

/**
 * `audit list | show | export | verify`: the audit log for people at a terminal. Works while a
 * server runs. Exit code 1 when the chain is broken, or the journal can't be read: the reason goes
 * to stderr.
 */
export function auditCommand(
  io: AuditIo,
  openAudit: OpenAudit,
  clock: Clock = systemClock,
): Command {
  const command = new Command('audit')
    .description('read the audit log: who called what, what was decided, what came of it')
    .option('--journal <file>', 'the journal to read');

  const exit =
    io.exit ??
    ((code) => {
      process.exitCode = code;
    });
  const reading = async (act: (journal: JournalReader) => void | Promise<void>) => {
    const { journal: path } = command.opts<{ journal?: string }>();
    try {
      const journal = openAudit(path);
      try {
        await act(journal);
      } finally {
        journal.close();
      }
    } catch (thrown) {
      if (!(thrown instanceof StratusError)) throw thrown;
      io.stderr(`${plainLine(thrown.message)}\n${plainLine(thrown.next)}\n`);
      exit(1);
    }
  };
  const print = (text: string) => {
    io.stdout(text);
  };

  withFilters(command.command('list').description('calls and events, newest first'), clock)
    .option('--limit <rows>', 'rows at most', parseCount, 50)
    .option('--before <seq>', 'go on below this row', parseCount)
    .option('--json', 'JSON Lines instead of a table')
    .action((options: FilterOptions & { limit: number; before?: number; json?: boolean }) =>
      reading(({ audit }) => {
        const { limit, before, json } = options;
        const page = before === undefined ? { limit } : { limit, before };
        const { rows, total, totalAtLeast, nextBefore } = audit.query({
          ...conditionOf(options),
          ...page,
        });
        if (json) {
          print(rows.map(jsonLine).join(''));
          return;
        }
        print(auditTable(rows));
        const more = nextBefore === undefined ? '' : `; for older ones: --before ${nextBefore}`;
        const of = totalAtLeast ? `${total} or more` : total;
        print(`${rows.length} of ${of} rows${more}\n`);
      }),
    );

  command
    .command('show')
    .description('the story of one transaction')
    .argument('<transaction>', 'for example txn-7')
    .action((transaction: string) =>
      reading((journal) => {
        const story = storyOf(journal, transaction);
        if (story === undefined) {
          throw new StratusError(
            'transaction_not_found',
            `There is no transaction ${transaction} in ${journal.path}.`,
            { next: 'Find its id with: stratus-mcp audit list' },
          );
        }
        print(story);
      }),
    );

  withFilters(command.command('export').description('JSON Lines, oldest first'), clock).action(
    (options: FilterOptions) =>
      reading(async ({ audit }) => {
        // Every row of every call, except when those without an end are asked for.
        const fold = options.outcome === 'unfinished';
        for (const row of audit.export({ ...conditionOf(options), fold })) {
          await io.stdout(jsonLine(row));
        }
      }),
  );

  command
    .command('verify')
    .description('recompute the hash chain: was a row changed, removed or reordered?')
    .action(() =>
      reading(({ audit }) => {
        const found = audit.verify();
        if (found.ok) {
          print(`The audit chain is whole: ${found.rows} rows, head ${found.head}\n`);
          const { pruned } = found;
          if (pruned === undefined) return;
          const until = momentOf(pruned.until);
          print(
            `Rows 1 to ${pruned.rows} were pruned, as a row of it says: it is verified from ${until} on.\n`,
          );
          return;
        }
        io.stderr(`The audit chain is broken at row ${found.brokenAt}. ${found.reason}\n`);
        exit(1);
      }),
    );

  for (const each of [command, ...command.commands]) {
    each.configureOutput({
      writeOut: print,
      writeErr: (text) => {
        io.stderr(text);
      },
    });
  }
  return command;
}

function withFilters(command: Command, clock: Clock): Command {
  const moment = (text: string) => parseMoment(text, clock.now());
  return command
    .option('--since <when>', 'from then on: 30m, 2h, 7d (ago) or an ISO time, UTC', moment)
    .option('--until <when>', 'before then', moment)
    .option('--tool <name>', 'calls of this tool')
    .option('--namespace <name>', 'about this namespace')
    .option('--object <name>', 'about this object: Deployment/catalog, or catalog')
    .option('--transaction <id>', 'about this transaction')
    .option('--actor <name>', 'by this client (with or without version), user or session')
    .addOption(
      new Option('--decision <decision>', 'what the policy said').choices([
        ...['allow', 'ask', 'refuse', 'none'],
      ]),
    )
    .addOption(
      new Option('--outcome <outcome>', 'what came of it').choices([
        ...['ok', 'refused', 'failed', 'unfinished'],
      ]),
    );
}

function conditionOf(options: FilterOptions): AuditCondition {
  const { since, until, tool, namespace, object, transaction, actor, decision, outcome } = options;
  const given = { since, until, tool, namespace, object, transaction, actor, decision, outcome };
  const present: Partial<AuditCondition> = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  if (outcome !== 'unfinished') return { ...present, fold: true };
  const { outcome: _, ...rest } = present;
  return { ...rest, kinds: ['call'], fold: true };
}

function jsonLine(row: AuditRow): string {
  return `${plainJson(stringifyJson({ ...row }))}\n`;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError('Use a whole number from 1 on.');
  }
  return count;
}
