import type { Log } from '../../core/log.ts';
import type { AuditRow, Journal } from '../../journal/types.ts';
import type { Runtime } from '../runtime.ts';
import { AUDIT_URI, addressOf, INCIDENTS_URI, TRANSACTIONS_URI } from './addresses.ts';

/** How often the journal is looked at while something is subscribed. */
const POLL_MS = 1_000;
/** Rows looked at in one turn; more come in the next. */
const ROWS = 500;
/** More than anybody watches; each is looked for in every turn. */
const MOST = 1_000;

export interface Subscriptions {
  /** @returns false for an address that names nothing, and for one too many. */
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
  // The round that goes on: one that was ended while it looked doesn't come back beside a new one.
  let round = 0;

  async function look(mine: number): Promise<void> {
    try {
      const journal = await runtime.journal();
      const rows = newRows(journal);
      const changed = changedBy(rows);
      for (const uri of uris) if (changed.has(uri)) await notify(uri);
    } catch (error) {
      (runtime.log as Log).debug({ err: error }, 'subscriptions');
    }
    if (mine === round && uris.size > 0 && !runtime.stopping.aborted) schedule(mine);
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

  function schedule(mine: number): void {
    timer = setTimeout(() => void look(mine), POLL_MS);
    timer.unref();
  }

  return {
    add: (uri) => {
      if (addressOf(uri) === undefined) return false;
      if (uris.size >= MOST && !uris.has(uri)) return false;
      const isFirst = uris.size === 0;
      uris.add(uri);
      if (isFirst) {
        seen = undefined;
        round += 1;
        void look(round);
      }
      return true;
    },
    remove: (uri) => {
      uris.delete(uri);
      if (uris.size > 0) return;
      clearTimeout(timer);
      round += 1;
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
  for (const { kind, tool, transaction, detail } of rows) {
    if (tool !== 'audit_query') changed.add(AUDIT_URI);
    if (kind === 'incident') {
      changed.add(INCIDENTS_URI);
      changed.add(`${INCIDENTS_URI}/${String(detail.incident)}`);
    }
    if (transaction === null) continue;
    if (kind !== 'call' && kind !== 'outcome') {
      changed.add(TRANSACTIONS_URI);
      changed.add(`${TRANSACTIONS_URI}/${transaction}`);
      changed.add(`${TRANSACTIONS_URI}/${transaction}/audit`);
    }
  }
  return changed;
}
