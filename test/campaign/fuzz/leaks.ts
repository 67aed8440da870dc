import { existsSync, readFileSync } from 'node:fs';
import type { Canaries } from './canaries.ts';

/** Where the canary is found in the files of a journal: its pages and its write-ahead log. */
export function leaksOf(journal: string, secrets: Canaries): string[] {
  return [journal, `${journal}-wal`, `${journal}-shm`].flatMap((path) =>
    existsSync(path)
      ? secrets
          .foundIn(readFileSync(path))
          .map((how) => `${path.slice(journal.length) || 'pages'}: ${how}`)
      : [],
  );
}
