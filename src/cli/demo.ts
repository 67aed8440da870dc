import { Command, Option } from 'commander';
import { FAILURES } from './demo/failures.ts';
import { guarded } from './fail.ts';
import { terminal } from './terminal.ts';

interface DemoFlags {
  readonly scenario: string;
  readonly pause?: boolean;
  readonly serve?: boolean;
  readonly keep?: string;
}

/** `stratus-mcp demo`: a broken cluster in this process, and an incident from its opening to its end. */
export function demoCommand(): Command {
  const names = FAILURES.map(({ name }) => name);
  return new Command('demo')
    .description('a simulated cluster breaks, and a scripted assistant repairs it; needs nothing')
    .addOption(
      new Option('--scenario <name>', 'what breaks').choices(names).default(names[0] ?? ''),
    )
    .addOption(new Option('--pause', 'wait for Enter after each chapter').conflicts('serve'))
    .option('--serve', 'leave the cluster up, broken, for your own assistant')
    .option('--keep <folder>', 'keep the journal there')
    .action(
      guarded(async ({ scenario, pause = false, serve = false, keep }: DemoFlags) => {
        const failure = FAILURES.find(({ name }) => name === scenario);
        if (failure === undefined) return;
        terminal.stdout(`stratus-mcp demo: ${failure.name}\n`);
        const kept = keep === undefined ? {} : { keep };
        const { runDemo } = await import('./demo/run.ts');
        process.exitCode = await runDemo(failure, { pause, serve, ...kept });
      }),
    );
}
