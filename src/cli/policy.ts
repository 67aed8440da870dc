import { Command, InvalidArgumentError, Option } from 'commander';
import { StratusError } from '../core/errors.ts';
import { isObject, objectsOf } from '../core/json.ts';
import { policyDocument, policyWarnings } from '../policy/lint.ts';
import { BUILT_IN_POLICIES, loadPolicy } from '../policy/load.ts';
import { policyJsonSchema } from '../policy/schema.ts';
import { VERBS } from '../policy/vocabulary.ts';
import { type ExplainOptions, explain, summarise } from './policy-text.ts';

/** What the command needs of the terminal. */
export interface PolicyIo {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Sets the exit code of the process; by default `process.exitCode`. */
  readonly exit?: (code: number) => void;
  /** Names of the tools this build has; with them `check` tells which ones a policy switches off. */
  readonly tools?: readonly string[];
  /** Ids of severity's predicates; with them `check` warns about weights of none of them. */
  readonly predicates?: readonly string[];
}

const EXIT = { allow: 0, valid: 0, invalid: 1, refuse: 2, ask: 3 } as const;

const EXIT_HELP = `
FILE is a policy file or a built-in policy: ${BUILT_IN_POLICIES.join(', ')}.

Exit codes: 0 valid, or allowed; 1 the file or the command line is invalid; 2 refused; 3 needs approval.`;

/** `stratus-mcp policy check|explain|schema`. Throws nothing of its own: problems go to stderr. */
export function policyCommand(io: PolicyIo): Command {
  const exit =
    io.exit ??
    ((code) => {
      process.exitCode = code;
    });
  const guarded = (run: () => number) => {
    try {
      exit(run());
    } catch (error) {
      if (!(error instanceof StratusError)) throw error;
      io.stderr(describeError(error));
      exit(EXIT.invalid);
    }
  };

  const command = new Command('policy')
    .description('check a policy file, explain its decisions, print its JSON Schema')
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .addHelpText('after', EXIT_HELP);

  command
    .command('check')
    .description('say whether a policy file is valid, with line and column of each problem')
    .argument('<file>', 'policy file or built-in policy')
    .addHelpText('after', EXIT_HELP)
    .action((file: string) =>
      guarded(() => {
        const { tools, predicates } = io;
        const known = { ...(tools && { tools }), ...(predicates && { predicates }) };
        const warnings = policyWarnings(policyDocument(file), known);
        io.stdout(summarise(loadPolicy(file), tools ?? [], warnings));
        return EXIT.valid;
      }),
    );

  command
    .command('explain')
    .description('say what a policy decides about one call, and why each rule did or did not match')
    .argument('<file>', 'policy file or built-in policy')
    .requiredOption('--tool <name>', 'tool, such as mitigate_scale')
    .addOption(
      new Option('--verb <verb>', 'what a write does; by default what the tool does').choices(
        VERBS,
      ),
    )
    .option('--kind <kind>', 'kind as in manifests: Deployment, or Deployment.apps')
    .option('--group <group>', 'API group; by default that of the well-known kind')
    .option('--namespace <namespace>', 'namespace; absent: cluster-scoped, or a read of all')
    .option('--name <name>', 'name of the object')
    .option('--field <path...>', 'changed field of a write, such as spec.replicas')
    .option('--label <key=value...>', 'label of the object', collectLabel, {})
    .addHelpText('after', EXIT_HELP)
    .action((file: string, options: ExplainOptions) =>
      guarded(() => {
        const { text, effect } = explain(loadPolicy(file), options, io.tools);
        io.stdout(text);
        return EXIT[effect];
      }),
    );

  command
    .command('schema')
    .description('print the JSON Schema of policy files, for editors')
    .action(() => io.stdout(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`));

  return command;
}

function collectLabel(text: string, before: Record<string, string>): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('A label is written as key=value.');
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** `FILE:LINE:COLUMN: reason`, as compilers say it, so that editors can jump there. */
function describeError(error: StratusError): string {
  const problems = objectsOf(error.details?.problems);
  if (problems.length === 0) return `${error.message} ${error.next}\n`;
  const file = isObject(error.details) ? String(error.details.file) : '';
  const lines = problems.map(
    ({ line, column, reason }) => `${file}:${line}:${column}: ${reason}\n`,
  );
  return lines.join('');
}
