import { plainLine, plainText } from '../core/plain-text.ts';
import type { ApprovalRow } from '../journal/approval-types.ts';
import type { ShownChange } from '../transaction/approval-types.ts';
import type { ShownPlan } from '../transaction/plan-of-approval.ts';
import { momentOf } from './time-option.ts';

/** One line a row. */
export function approvalLines(rows: readonly ApprovalRow[], now: number): string {
  const lines = rows.map((row) =>
    [
      row.id.padEnd(13),
      row.state.padEnd(9),
      row.digest.slice(0, 12),
      ageText(now - row.requestedAt).padStart(6),
      endText(row, now).padEnd(18),
      row.user || row.actor,
      row.rule,
      row.summary,
    ].join('  '),
  );
  return lines.map((line) => `${plainLine(line)}\n`).join('');
}

/** Everything a person needs to decide. */
export function approvalText(row: ApprovalRow, plan: ShownPlan, now: number): string {
  const facts: [string, string | null][] = [
    ['what', row.summary],
    ['state', `${row.state}${row.state === 'WAITING' ? `, ${endText(row, now)}` : ''}`],
    ['asked by', `${row.actor}, ${ageText(now - row.requestedAt)} ago, with ${row.tool}`],
    ['reason given', row.reason ?? 'none'],
    ['why it asks', plan.why],
    ['rule', row.rule],
    ['cluster', plan.cluster],
    ['transaction', row.transaction],
    ['decided', decisionText(row)],
    ['used', row.usedAt === null ? null : momentOf(row.usedAt)],
    ['digest', row.digest],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const head = facts.flatMap(([name, value]) =>
    value === null ? [] : [`  ${name.padEnd(width)}  ${plainLine(value)}`],
  );
  const notes = plan.notes.map((note) => `  ! ${plainLine(note)}`);
  const changes = plan.changes.map((change, index) => changeText(change, index + 1));
  return [row.id, ...head, ...notes, '', ...changes, ''].join('\n');
}

function changeText(change: ShownChange, number: number): string {
  const undo =
    change.class === 'irreversible' ? `CANNOT BE UNDONE. ${change.undo}` : `undo: ${change.undo}`;
  return [
    plainLine(`${number}. ${change.summary} (${change.verb}, ${change.class}; ${change.policy})`),
    plainLine(`   ${undo}`),
    plainLine(`   $ ${change.kubectl}`),
    ...change.warnings.map((warning) => plainLine(`   warning: ${warning}`)),
    plainText(change.diff).replaceAll(/^/gm, '   | '),
    '',
  ].join('\n');
}

function decisionText(row: ApprovalRow): string | null {
  if (row.decidedAt === null) return null;
  const note = row.note === null ? '' : `: ${row.note}`;
  return `by ${row.decidedBy} at ${momentOf(row.decidedAt)} by ${row.decidedWith}${note}`;
}

function endText({ state, decideBy, useBy }: ApprovalRow, now: number): string {
  if (state === 'WAITING') return `decide within ${ageText(decideBy - now)}`;
  return state === 'APPROVED' ? `use within ${ageText((useBy ?? now) - now)}` : '';
}

/** `45 s`, `12 min`, `3 h`, `2 d`. */
function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  const hours = Math.round(seconds / 3600);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}
