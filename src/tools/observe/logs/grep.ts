import { createContext, runInContext } from 'node:vm';
import { StratusError } from '../../../core/errors.ts';

/** What to look for in a log. */
export interface Grep {
  readonly pattern: string;
  /** `text`: the pattern as it stands; `regex`: a JavaScript regular expression. Case is ignored in both. */
  readonly mode: 'text' | 'regex';
}

/** The indexes of the lines that match, in order. */
export type LineFinder = (lines: readonly string[]) => readonly number[];

// For all the logs of one call together: nobody else is served meanwhile.
const MOST_MS = 1_000;

/**
 * Compiles the search.
 * @throws StratusError invalid_arguments for a regular expression that can't be read; its searches
 * throw the same when they take too long.
 */
export function createGrep(grep: Grep): LineFinder {
  if (grep.mode === 'text') {
    const wanted = grep.pattern.toLowerCase();
    return (lines) =>
      lines.flatMap((line, index) => (line.toLowerCase().includes(wanted) ? [index] : []));
  }
  const flags = flagsFor(grep.pattern);
  let left = MOST_MS;
  return (lines) => {
    const began = performance.now();
    try {
      // A regular expression can take exponential time; only a context of its own can be interrupted.
      const context = createContext({
        source: grep.pattern,
        flags,
        text: JSON.stringify(lines),
      });
      const found: unknown = runInContext(
        `const wanted = new RegExp(source, flags);
         JSON.stringify(JSON.parse(text).flatMap((line, index) => wanted.test(line) ? [index] : []));`,
        context,
        { timeout: Math.max(1, Math.floor(left)) },
      );
      return JSON.parse(String(found)) as number[];
    } catch (error) {
      throw new StratusError(
        'invalid_arguments',
        'The regular expression in grep takes too long.',
        {
          next: 'Simplify it (no nested repetitions), or use grep_mode text.',
          cause: error,
        },
      );
    } finally {
      left -= performance.now() - began;
    }
  };
}

/** Unicode where the pattern allows it; `\-` and the like are errors there, and common. */
function flagsFor(pattern: string): string {
  try {
    new RegExp(pattern, 'iu');
    return 'iu';
  } catch {
    try {
      new RegExp(pattern, 'i');
      return 'i';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new StratusError('invalid_arguments', `grep is not a regular expression: ${why}`, {
        next: 'Correct it, or use grep_mode text to look for it as it stands.',
      });
    }
  }
}
