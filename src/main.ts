import { Command } from 'commander';
import { addCommands } from './cli/commands.ts';
import { packageVersion } from './core/version.ts';

/** The command line. `argv` as in process.argv; sets process.exitCode when a command fails. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('stratus-mcp')
    .description('Guarded SRE tools for AI assistants: observe, mitigate and undo on Kubernetes.')
    .version(packageVersion())
    .showHelpAfterError()
    .enablePositionalOptions();
  await addCommands(program, argv.slice(2));
  await program.parseAsync([...argv]);
}
