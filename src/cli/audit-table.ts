import { plainLine } from '../core/plain-text.ts';
import type { AuditRow } from '../journal/types.ts';
import { actorOf, detailOf, objectOfRow } from './audit-text.ts';
import { momentOf } from './time-option.ts';

const HEADER = ['SEQ', 'TIME', 'EVENT', 'ACTOR', 'DECISION', 'OUTCOME', 'TXN', 'OBJECT', 'DETAIL'];

/** Rows as a table, one line each. */
export function auditTable(rows: readonly AuditRow[]): string {
  const cells = [HEADER, ...rows.map(cellsOf)];
  const widths = HEADER.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function cellsOf(row: AuditRow): string[] {
  const called = row.kind === 'call' || row.kind === 'outcome';
  return [
    String(row.seq),
    momentOf(row.at),
    called ? plainLine(row.tool ?? '-') : row.kind,
    actorOf(row),
    plainLine(row.decision ?? '-'),
    row.kind === 'call' ? 'unfinished' : plainLine(row.outcome ?? '-'),
    plainLine(row.transaction ?? '-'),
    objectOfRow(row),
    detailOf(row),
  ];
}
