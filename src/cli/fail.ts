import { type StratusError, toStratusError } from '../core/errors.ts';
import { plainText } from '../core/plain-text.ts';

/** Says on stderr what went wrong and what to do, and makes the process exit with 1. */
export function fail(thrown: unknown): void {
  const error = toStratusError(thrown);
  const rule = error.rule === undefined ? '' : `\nRule: ${error.rule}`;
  // A defect has to be findable by the person at the terminal.
  const cause = error.code === 'internal' ? `\n${String(error.cause)}` : '';
  process.stderr.write(
    plainText(`stratus-mcp: ${error.message}${rule}${cause}\nNext: ${nextOf(error)}\n`),
  );
  process.exitCode = 1;
}

// What an assistant would call is a command here.
function nextOf({ code, next, message }: StratusError): string {
  if (code === 'transaction_not_found')
    return 'stratus-mcp transactions list shows them; --journal names the journal of another server.';
  if (code === 'transaction_state')
    return `Look at it with: stratus-mcp transactions show ${/\btxn-\d+\b/.exec(message)?.[0] ?? 'ID'}`;
  return next;
}

/** Wraps a command's action so that its errors end in one clear message. */
export function guarded<A extends unknown[]>(
  action: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  return (...args) => action(...args).catch(fail);
}
