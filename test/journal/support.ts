import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { type JournalOptions, openJournal } from '../../src/journal/open.ts';
import type { Journal } from '../../src/journal/types.ts';
import { NOON } from './support-rows.ts';

/** A clock that moves only when told. */
export function handClock(start = NOON): Clock & { advance(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    sleep: async () => {},
    advance: (ms) => {
      now += ms;
    },
  };
}

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'journal-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function journalPath(): string {
  return join(temporaryFolder(), 'state', 'journal.db');
}

/** Opens a journal that is closed after the test. */
export function openedJournal(path: string, options: Partial<JournalOptions> = {}): Journal {
  const journal = openJournal({
    path,
    env: {},
    clock: handClock(),
    busyTimeoutMs: 5_000,
    ...options,
  });
  onTestFinished(() => journal.close());
  return journal;
}

/** A fresh journal whose writer lock is held. */
export function writingJournal(options: Partial<JournalOptions> = {}): {
  journal: Journal;
  path: string;
  epoch: number;
} {
  const path = options.path ?? journalPath();
  const journal = openedJournal(path, options);
  const lock = journal.lock.acquire();
  if (lock.kind === 'busy') throw new Error('The lock of a fresh journal is taken.');
  return { journal, path, epoch: lock.epoch };
}
