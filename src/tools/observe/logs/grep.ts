import { createContext, runInContext } from 'node:vm';
import { StratusError } from '../../../core/errors.ts';

/** What to look for in a log. */
export interface Grep {
  readonly pattern: string;
  /** `text`: the pattern as it stands; `regex`: a JavaScript regular expression. Case is ignored in both. */
  readonly mode: 'text' | 'regex';
}

const MOST_MS = 1_000;

/**
 * The lines that match, in order.
 * @throws StratusError invalid_arguments for a regular expression that can't be read or takes too long.
 */
export function grepLines(lines: readonly string[], grep: Grep): string[] {
  if (grep.mode === 'text') {
    const wanted = grep.pattern.toLowerCase();
    return lines.filter((line) => line.toLowerCase().includes(wanted));
  }
  assertRegex(grep.pattern);
  try {
    // A regular expression can take exponential time; only a context of its own can be interrupted.
    const context = createContext({ source: grep.pattern, text: JSON.stringify(lines) });
    const found: unknown = runInContext(
      `const wanted = new RegExp(source, 'iu');
       JSON.stringify(JSON.parse(text).flatMap((line, index) => wanted.test(line) ? [index] : []));`,
      context,
      { timeout: MOST_MS },
    );
    return (JSON.parse(String(found)) as number[]).flatMap((index) => lines[index] ?? []);
  } catch (error) {
    throw new StratusError('invalid_arguments', 'The regular expression in grep takes too long.', {
      next: 'Simplify it (no nested repetitions), or use grep_mode text.',
      cause: error,
    });
  }
}

function assertRegex(pattern: string): void {
  try {
    new RegExp(pattern, 'iu');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StratusError('invalid_arguments', `grep is not a regular expression: ${why}`, {
      next: 'Correct it, or use grep_mode text to look for it as it stands.',
    });
  }
}
