import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Clock } from '../core/clock.ts';
import { StratusError } from '../core/errors.ts';
import { plainLine } from '../core/plain-text.ts';
import type { RedactionRules } from '../core/redact-text.ts';
import type { JournalReader } from '../journal/open.ts';
import type { AuditIo } from './audit.ts';
import { sizeText } from './journal-text.ts';

export interface ReportIo extends AuditIo {
  readonly clock: Clock;
  /** Of this stratus-mcp. */
  readonly version: string;
  /** Opens the journal that the command line names, with its sealing key; `undefined` means the default one. */
  readonly open: (path: string | undefined) => JournalReader;
  /** What is masked, by the policy that the command line names; `undefined` means the default one. */
  readonly redaction: (policy: string | undefined) => Promise<RedactionRules>;
  /** Where files are written; by default the current folder. */
  readonly folder?: string;
}

/**
 * `audit report`: an incident or a transaction as one HTML page. Reads only the journal: no kubeconfig
 * and no cluster is needed. Exit code 1 when the hash chain is broken: the page is written all the
 * same, and says so.
 */
export function reportCommand(io: ReportIo): Command {
  const command = new Command('report')
    .description('an incident or a transaction as one HTML page, to look at, send or print')
    .argument('<id>', 'for example inc-3 or txn-7')
    .option('--output <file>', 'where to write it; - is stdout (default: <id>.html)')
    .option('--policy <file>', 'the policy whose redaction masks what is shown (STRATUS_POLICY)')
    .action(async (id: string) => {
      try {
        await report(io, id, command.optsWithGlobals());
      } catch (thrown) {
        if (!(thrown instanceof StratusError)) throw thrown;
        io.stderr(`${plainLine(thrown.message)}\n${plainLine(thrown.next)}\n`);
        exit(io, 1);
      }
    });
  return command;
}

interface Options {
  readonly journal?: string;
  readonly output?: string;
  readonly policy?: string;
}

async function report(io: ReportIo, id: string, options: Options): Promise<void> {
  // Loaded for this command only: the others of `audit` need none of it.
  const [{ collect }, { page, subjectOf }] = await Promise.all([
    import('./report/collect.ts'),
    import('./report/page.ts'),
  ]);
  const redaction = await io.redaction(options.policy);
  const journal = io.open(options.journal);
  try {
    const found = collect(journal, id, { redaction, at: io.clock.now(), version: io.version });
    await write(io, options.output ?? `${subjectOf(found)}.html`, page(found));
    if (found.chain.ok) return;
    const { brokenAt, reason } = found.chain;
    io.stderr(`The audit chain is broken at row ${brokenAt}. ${reason}\n`);
    exit(io, 1);
  } finally {
    journal.close();
  }
}

async function write(io: ReportIo, output: string, text: string): Promise<void> {
  if (output === '-') {
    await io.stdout(text);
    return;
  }
  const path = resolve(io.folder ?? '.', output);
  try {
    // Like the journal that it tells of, a new file is its owner's until they hand it on.
    writeFileSync(path, text, { mode: 0o600 });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new StratusError('invalid_arguments', `${path} can't be written (${reason}).`, {
      next: 'Name another file with --output, or --output - for stdout.',
      cause,
    });
  }
  const size = sizeText(Buffer.byteLength(text));
  io.stdout(`Wrote ${plainLine(path)} (${size}). Open it in a browser.\n`);
}

function exit(io: ReportIo, code: number): void {
  if (io.exit) io.exit(code);
  else process.exitCode = code;
}
