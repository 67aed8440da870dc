import { type Environment, expandReferences } from './environment.ts';
import type { Container } from './pod.ts';
import type { ImageModel } from './rules.ts';
import { compileScript, type Program } from './shell.ts';

/** The commands of the simulated images, busybox applets and a little kubectl. */
const APPLETS = new Set(
  (
    '[ cat date echo env false hostname httpd id kubectl ls mkdir nc nslookup printf pwd sleep tail test ' +
    'touch true wget whoami'
  ).split(' '),
);

/** Words that only mean something inside a shell. */
const BUILTINS = new Set(['.', ':', 'cd', 'exec', 'exit', 'export', 'set', 'trap', 'wait']);

/** The first word of an image's own entry point; the runner knows what it does. */
export const ENTRY_POINT = '\u0001entrypoint';

export type Compiled =
  | { readonly ok: true; readonly program: Program }
  /** The runtime can't start it: the message of a StartError. */
  | { readonly ok: false; readonly message: string };

/** What a container runs: its command, or its image's entry point. */
export function compileContainer(
  container: Container,
  image: ImageModel,
  environment: Environment,
): Compiled {
  const argv = [...(container.command ?? []), ...(container.args ?? [])].map((word) =>
    expandReferences(word, environment),
  );
  if (argv.length === 0) {
    const words = image.port === undefined ? ['sleep', 'infinity'] : [ENTRY_POINT];
    return { ok: true, program: [{ op: 'run', words, background: false }] };
  }
  return compileCommand(argv);
}

/** A command line as exec takes it, for containers and exec probes. */
export function compileCommand(argv: readonly string[]): Compiled {
  const words = /(^|\/)busybox$/.test(argv[0] ?? '') ? argv.slice(1) : argv;
  const path = words[0] ?? '';
  const name = /^\/(usr\/)?s?bin\/[^/]+$/.test(path) ? path.slice(path.lastIndexOf('/') + 1) : path;
  if (name === 'sh' || name === 'ash') return compileShell(words.slice(1));
  if (APPLETS.has(name)) {
    // Outside a shell nothing expands, so a dollar is only a dollar.
    const literal = words.slice(1).map((word) => word.replaceAll('$', '\u0000'));
    return { ok: true, program: [{ op: 'run', words: [name, ...literal], background: false }] };
  }
  const cause = path.startsWith('/')
    ? `stat ${path}: no such file or directory`
    : 'executable file not found in $PATH';
  return {
    ok: false,
    message:
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: ' +
      `runc create failed: unable to start container process: exec: "${path}": ${cause}: unknown`,
  };
}

function compileShell(args: readonly string[]): Compiled {
  const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  const script = at === -1 ? undefined : args[at + 1];
  // A shell without a script reads an empty standard input and ends.
  if (script === undefined) return { ok: true, program: [] };
  const program = compileScript(script);
  if (program !== undefined) return { ok: true, program };
  const words = ['\u0001unsupported', script];
  return { ok: true, program: [{ op: 'run', words, background: false }] };
}

/** Whether the runner has a rule for this word inside a shell. */
export function isKnownCommand(name: string): boolean {
  return APPLETS.has(name) || BUILTINS.has(name);
}
