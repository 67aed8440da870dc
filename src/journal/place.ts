import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileStats } from './files.ts';

/**
 * Names this very file on this machine since its last boot. Who holds the writer lock of the file knows by it that an
 * earlier holder in the same place is dead; a copy of the file, even in a cloned machine, is another place.
 * Where the boot can't be told the name is new each time: then death is only known by waiting.
 */
export function placeOf(path: string): string {
  const boot = bootId();
  if (boot === undefined) return randomUUID();
  const { dev, ino } = fileStats(path) ?? {};
  const facts = [boot, hostname(), realpathSync(path), dev, ino];
  return createHash('sha256').update(facts.join('\n')).digest('hex').slice(0, 16);
}

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}
