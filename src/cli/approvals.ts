import { Command } from 'commander';
import { StratusError } from '../core/errors.ts';
import { plainJson } from '../core/plain-text.ts';
import type { ApprovalRow } from '../journal/approval-types.ts';
import type { Journal } from '../journal/types.ts';
import { openedPlan } from '../transaction/plan-of-approval.ts';
import { approvalLines, approvalText } from './approvals-text.ts';
import {
  type Asking,
  approvalOf,
  approveByDigest,
  decideApproval,
  waitingApproval,
} from './decide-approval.ts';
import { guarded } from './fail.ts';

/** What the command needs of its process. */
export interface ApprovalsIo extends Asking {
  /** Opens an existing journal for deciding. */
  readonly open: (path: string | undefined) => Journal;
}

interface Options {
  readonly journal?: string;
  readonly json?: boolean;
}

/**
 * `approvals list | show | approve | refuse`: a person decides what an assistant may do once. It needs the journal and
 * no cluster: what is approved is the plan that was made, and a plan that differs by then has another digest.
 */
export function approvalsCommand(io: ApprovalsIo): Command {
  const group = new Command('approvals').description(
    'show, approve and refuse what an assistant wants to do',
  );
  const add = (words: string, description: string) =>
    group
      .command(words)
      .description(description)
      .option('--journal <file>', 'the journal of the server')
      .option('--json', 'one JSON document');
  const using = async (options: Options, act: (journal: Journal) => unknown) => {
    const journal = io.open(options.journal);
    try {
      journal.approvals.expire();
      await act(journal);
    } finally {
      journal.close();
    }
  };
  const print = (value: object, text: string, { json }: Options) =>
    io.stdout(json ? `${jsonText(value)}\n` : text);

  add('list', 'what waits for a person, newest first')
    .option('--all', 'also what was decided, used or is over')
    .action(
      guarded((options: Options & { all?: boolean }) =>
        using(options, ({ approvals }) => {
          const states = options.all ? {} : { states: ['WAITING', 'APPROVED'] as const };
          const { rows } = approvals.list({ ...states, limit: 200 });
          const text = approvalLines(rows, io.clock.now()) || 'Nothing waits for a person.\n';
          print({ approvals: rows.map(shown) }, text, options);
        }),
      ),
    );
  add('show <id>', 'the whole plan: objects, differences, undo, reason, rule, digest').action(
    guarded((id: string, options: Options) =>
      using(options, (journal) => {
        const row = approvalOf(journal, id);
        const plan = openedPlan(journal, id);
        print({ ...shown(row), plan }, approvalText(row, plan, io.clock.now()), options);
      }),
    ),
  );
  add('approve <id>', 'allow exactly this plan, once')
    .option('--yes', 'without a question; needs --digest')
    .option('--digest <hex>', 'the whole digest that show prints: what you approve')
    .option('--note <text>', 'kept in the audit log')
    .action(
      guarded((id: string, options: Options & { yes?: boolean; digest?: string; note?: string }) =>
        using(options, async (journal) => {
          const row = waitingApproval(journal, id);
          if (options.yes) requireDigest(row, options.digest);
          const after = options.yes
            ? decideApproval(io, journal, row, 'APPROVED', options.note)
            : await approveByDigest(io, journal, row, options.note);
          const until = new Date(after.useBy ?? 0).toISOString();
          const text = `${id} is approved for one run until ${until}. The assistant repeats its call now.\n`;
          print(shown(after), text, options);
        }),
      ),
    );
  add('refuse <id>', 'say no; the assistant is told the note')
    .requiredOption('--note <text>', 'why, and what to do instead')
    .action(
      guarded((id: string, options: Options & { note: string }) =>
        using(options, (journal) => {
          const after = decideApproval(
            io,
            journal,
            waitingApproval(journal, id),
            'REFUSED',
            options.note,
          );
          print(shown(after), `${id} is refused.\n`, options);
        }),
      ),
    );
  return group;
}

/** A script has to say what it approves, so that it can't approve what changed behind its back. */
function requireDigest({ id, digest }: ApprovalRow, given: string | undefined): void {
  if (given === digest) return;
  throw new StratusError(
    'invalid_arguments',
    given === undefined ? '--yes needs --digest.' : `The digest of ${id} is another one.`,
    { next: `stratus-mcp approvals show ${id} prints the plan with its whole digest.` },
  );
}

// Line by line: the line feeds between them are ours.
function jsonText(value: object): string {
  return JSON.stringify(value, null, 2).split('\n').map(plainJson).join('\n');
}

/** As JSON. */
function shown(row: ApprovalRow) {
  const time = (at: number | null) => (at === null ? undefined : new Date(at).toISOString());
  const { requestedAt, decideBy, decidedAt, useBy, usedAt, useMs: _, subject: __, ...facts } = row;
  return {
    ...facts,
    requestedAt: time(requestedAt),
    decideBy: time(decideBy),
    decidedAt: time(decidedAt),
    useBy: time(useBy),
    usedAt: time(usedAt),
  };
}
