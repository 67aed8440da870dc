import type { Log } from '../../core/log.ts';
import type { AuditRow, Journal } from '../../journal/types.ts';
import type { Runtime } from '../runtime.ts';
import { AUDIT_URI, addressOf, TRANSACTIONS_URI } from './addresses.ts';

/** How often the journal is looked at while something is subscribed. */
const POLL_MS = 1_000;
/** Rows looked at in one turn; more come in the next. */
const ROWS = 500;

export interface Subscriptions {
  /** @returns false for an address that names nothing. */
  add(uri: string): boolean;
  remove(uri: string): void;
  close(): void;
}

/**
 * Tells a client when a resource it subscribed to has changed. It watches the journal and not this process,
 * because another server may be the one that writes.
 */
export function subscriptionsOf(
  runtime: Runtime,
  notify: (uri: string) => Promise<void>,
): Subscriptions {
  const uris = new Set<string>();
  let seen: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    try {
      const journal = await runtime.journal();
      const rows = newRows(journal);
      const changed = changedBy(rows);
      for (const uri of uris) if (changed.has(uri)) await notify(uri);
    } catch (error) {
      (runtime.log as Log).debug({ err: error }, 'subscriptions');
    }
    if (uris.size > 0 && !runtime.stopping.aborted) schedule();
  }

  function newRows(journal: Journal): readonly AuditRow[] {
    const head = journal.audit.head();
    if (seen === undefined || head < seen) {
      seen = head;
      return [];
    }
    const rows = head === seen ? [] : journal.audit.after(seen, ROWS);
    seen = rows.at(-1)?.seq ?? seen;
    return rows;
  }

  function schedule(): void {
    timer = setTimeout(() => void look(), POLL_MS);
    timer.unref();
  }

  return {
    add: (uri) => {
      if (addressOf(uri) === undefined) return false;
      uris.add(uri);
      if (uris.size === 1) {
        seen = undefined;
        void look();
      }
      return true;
    },
    remove: (uri) => {
      uris.delete(uri);
      if (uris.size === 0) clearTimeout(timer);
    },
    close: () => {
      uris.clear();
      clearTimeout(timer);
    },
  };
}

/**
 * Addresses that new rows changed. Reading the log is in the log too, but is no news: a client that reads again
 * at each notice would never come to rest.
 */
function changedBy(rows: readonly AuditRow[]): Set<string> {
  const changed = new Set<string>();
  for (const { kind, tool, transaction } of rows) {
    if (tool !== 'audit_query') changed.add(AUDIT_URI);
    if (transaction === null) continue;
    if (kind !== 'call' && kind !== 'outcome') {
      changed.add(TRANSACTIONS_URI);
      changed.add(`${TRANSACTIONS_URI}/${transaction}`);
      changed.add(`${TRANSACTIONS_URI}/${transaction}/audit`);
    }
  }
  return changed;
}
