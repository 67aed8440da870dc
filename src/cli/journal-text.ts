import type { JournalContents, JournalFiles } from '../journal/inspect.ts';
import type { PrunePlan } from '../journal/retention.ts';
import { momentOf } from './time-option.ts';

/** `12.3 MB`. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

export function statusText(status: JournalFiles & JournalContents): string {
  const { pruned, oldestAt, unfinished, needsHuman, freeBytes } = status;
  const rows: [string, string][] = [
    ['journal', status.path],
    ['size', `${sizeText(status.bytes)}, and ${sizeText(status.walBytes)} of write-ahead log`],
    ['free disk', freeBytes === undefined ? 'unknown' : sizeText(freeBytes)],
    ['schema', String(status.schema)],
    ['audit rows', String(status.auditRows - (pruned?.seq ?? 0))],
    ['oldest row', oldestAt === undefined ? 'none' : momentOf(oldestAt)],
    ['pruned', pruned === undefined ? 'nothing' : `${pruned.seq} rows, to ${momentOf(pruned.at)}`],
    ['transactions', String(status.transactions)],
    ['unfinished', unfinished.join(', ') || 'none'],
    ['need a human', needsHuman.join(', ') || 'none'],
  ];
  const width = Math.max(...rows.map(([key]) => key.length));
  return rows.map(([key, value]) => `${key.padEnd(width)}  ${value}\n`).join('');
}

export function pruneText(plan: PrunePlan, dryRun: boolean): string {
  const { auditRows, transactions, heldBy } = plan;
  const first = transactions[0];
  const last = transactions.at(-1);
  const which = first === undefined || first === last ? (first ?? '') : `${first} to ${last}`;
  const named = which === '' ? '' : ` (${which})`;
  const what = `${auditRows} audit rows and ${transactions.length} transactions${named}`;
  const held =
    heldBy === undefined
      ? ''
      : `\n${heldBy} stays, and the audit log from its first row on: it is not finished, ended later, or is one of those to keep.`;
  if (auditRows === 0 && transactions.length === 0) return `Nothing to prune.${held}\n`;
  const freed = dryRun ? '' : ' stratus-mcp journal vacuum gives the space back to the disk.';
  return `${dryRun ? 'Would remove' : 'Removed'} ${what}.${freed}${held}\n`;
}
