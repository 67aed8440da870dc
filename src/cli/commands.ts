import { Command } from 'commander';
import type { Flags } from '../core/config.ts';
import { StratusError } from '../core/errors.ts';
import { guarded } from './fail.ts';
import { withServerOptions } from './options.ts';

/** Commands of their own file: loaded only for a command line that has their word in it. */
const LAZY = {
  policy: {
    description: 'check, explain and describe policy files',
    load: async () => (await import('./people.ts')).policy(),
  },
  audit: {
    description: 'read, export, verify and picture the audit log',
    load: async () => (await import('./people.ts')).audit(),
  },
  doctor: {
    description: 'check Node, kubeconfig, cluster, permissions, policy, journal, lock and clock',
    load: async () => (await import('./doctor.ts')).doctorCommand(),
  },
  demo: {
    description: 'a simulated cluster breaks, and a scripted assistant repairs it; needs nothing',
    load: async () => (await import('./demo.ts')).demoCommand(),
  },
  journal: {
    description: 'size, pruning, vacuum and backup of the journal',
    load: async () => (await import('./people.ts')).journal(),
  },
  approvals: {
    description: 'show, approve and refuse what an assistant wants to do',
    load: async () => (await import('./people.ts')).approvals(),
  },
  incidents: {
    description: 'list, show and close incidents',
    load: async () => (await import('./incidents.ts')).incidentsCommand(),
  },
  lease: {
    description: 'show who may write, and free the Lease of a host that is gone',
    load: async () => (await import('./lease.ts')).leaseCommand(),
  },
  transactions: {
    description: 'list, show, undo, resolve, accept and recover transactions',
    load: async () => (await import('./transactions.ts')).transactionsCommand(),
  },
  watch: {
    description: 'show live what assistants are doing; approve or refuse from there',
    load: async () => (await import('./people.ts')).watch(),
  },
} satisfies Record<string, { description: string; load: () => Promise<Command> }>;

/** Adds the commands; `words` is the command line without node and script. */
export async function addCommands(program: Command, words: readonly string[]): Promise<void> {
  const serve = withServerOptions(new Command('serve'))
    .description('serve one MCP client over stdin and stdout (the default)')
    .allowExcessArguments()
    .action(
      guarded(async (flags: Flags, command: Command) => {
        const [unknown] = command.args;
        if (unknown !== undefined) {
          throw new StratusError('invalid_arguments', `There is no command "${unknown}".`, {
            next: 'stratus-mcp --help lists the commands.',
          });
        }
        const { serve: run } = await import('./serve.ts');
        await run(flags);
      }),
    );
  program.addCommand(serve, { isDefault: true });
  for (const [word, { description, load }] of Object.entries(LAZY)) {
    program.addCommand(words.includes(word) ? await load() : stub(word, description));
  }
}

// Stands for a command in the help text.
function stub(word: string, description: string): Command {
  return new Command(word).description(description);
}
