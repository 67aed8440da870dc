import { openJournalReader } from '../../../src/journal/open.ts';

/** Looks into a journal that a server may have open. */
export function inJournal<T>(
  path: string,
  look: (journal: ReturnType<typeof openJournalReader>) => T,
): T {
  const reader = openJournalReader({ path });
  try {
    return look(reader);
  } finally {
    reader.close();
  }
}
