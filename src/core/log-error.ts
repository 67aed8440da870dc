import { StratusError } from './errors.ts';
import { redactText } from './redact.ts';
import { DEFAULT_REDACTION } from './redact-text.ts';

const LONGEST = 500;
const FRAMES = 12;

/** Errors that may quote what the caller sent; the audit log has the call, redacted. */
const QUOTING: ReadonlySet<string> = new Set([
  ...['invalid_arguments', 'invalid_manifest', 'dry_run_rejected', 'cluster_error'],
]);

/**
 * An error as the log may have it. What others say in theirs can hold a credential (a plugin's
 * output, a line of a file, a piece of what didn't parse): of a cause only its type and code are
 * told, of a defect the message where it is plain, and the places in the code.
 */
export function loggedError(thrown: unknown): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code } : {};
  const cause =
    thrown.cause === undefined
      ? {}
      : {
          cause: thrown.cause instanceof Error ? told(thrown.cause) : { type: typeof thrown.cause },
        };
  if (thrown instanceof StratusError) {
    const rule = thrown.rule === undefined ? {} : { rule: thrown.rule };
    const message = QUOTING.has(thrown.code) ? {} : { message: plain(thrown.message) };
    return { type: thrown.name, ...code, ...message, ...rule, ...cause };
  }
  return { type: thrown.name, ...code, ...messageOf(thrown), stack: framesOf(thrown), ...cause };
}

function told(cause: Error): Record<string, unknown> {
  const { name: type } = cause;
  return 'code' in cause && typeof cause.code === 'string' ? { type, code: cause.code } : { type };
}

// A parser's message quotes what it read.
function messageOf(error: Error): { message?: string } {
  return /^(SyntaxError|ZodError|YAML\w*)$/.test(error.name)
    ? {}
    : { message: plain(error.message) };
}

function plain(message: string): string {
  return redactText(message, DEFAULT_REDACTION).slice(0, LONGEST);
}

function framesOf({ stack = '' }: Error): string[] {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return lines.slice(0, FRAMES).map((line) => line.trim());
}
