import type { ApprovalRow } from '../../journal/approval-types.ts';
import type { IncidentRow } from '../../journal/incident-types.ts';
import type { SeenCall } from './calls.ts';
import { joined, type Line, type Look, type Span, span, type Tone } from './line.ts';
import type { SeenTransaction } from './state.ts';
import {
  againstBaseline,
  clockOf,
  courseOf,
  leftOf,
  severityText,
  spanOf,
  usedOf,
} from './words.ts';

const COURSE_CELLS = 16;

/** What matters most stands on the left: the right end is what a narrow terminal loses. */
export function approvalLine(row: ApprovalRow, now: number, look: Look): Line {
  const waits = row.state === 'WAITING';
  return joined([
    span(row.id, 'bold', look),
    span(waits ? 'WAITING' : 'APPROVED, not used yet', waits ? 'warn' : 'good', look),
    span(leftOf(waits ? row.decideBy : (row.useBy ?? now), now), 'plain', look),
    span(row.summary, 'plain', look),
    span(`digest ${row.digest.slice(0, 12)}`, 'dim', look),
    span(row.actor, 'dim', look),
    span(row.transaction ?? '', 'dim', look),
    span(`rule ${row.rule}`, 'dim', look),
  ]);
}

export function incidentLine(row: IncidentRow, now: number, look: Look): Line {
  const where = row.namespaces === 'all' ? 'whole cluster' : row.namespaces.join(', ');
  return joined([
    span(row.id, 'bold', look),
    span(row.phase, row.phase === 'undoing' ? 'warn' : 'plain', look),
    span(`attempt ${row.attempt}/${row.attemptsAllowed}`, 'plain', look),
    span(row.title, 'plain', look),
    span(`severity ${row.severity ?? 'unknown'} at opening`, 'plain', look),
    span(`open ${spanOf(now - row.openedAt)}`, 'dim', look),
    span(where, 'dim', look),
    span(row.actor, 'dim', look),
  ]);
}

export function transactionLine(row: SeenTransaction, now: number, look: Look): Line {
  if (row.closedAt !== null) return endedLine(row, now, look);
  return joined([
    span(row.id, 'bold', look),
    span(row.state, row.state.startsWith('ABORT') ? 'warn' : 'plain', look),
    span(leftOf(row.deadlineAt, now), row.deadlineAt > now ? 'plain' : 'bad', look),
    ...severitySpans(row, look),
    span(usedOf(row.commands, 'commands'), 'plain', look),
    span(usedOf(row.objects, 'objects'), 'plain', look),
    span(row.reason, 'plain', look),
    span(row.incident ?? '', 'dim', look),
    span(row.actor, 'dim', look),
  ]);
}

function endedLine(row: SeenTransaction, now: number, look: Look): Line {
  const tone: Tone = row.needsHuman ? 'bad' : row.state === 'COMMITTED' ? 'good' : 'plain';
  return joined([
    span(row.id, 'bold', look),
    span(row.state, tone, look),
    span(row.needsHuman ? 'needs a person' : '', 'bad', look),
    span(row.closedAt === null ? '' : `${spanOf(now - row.closedAt)} ago`, 'plain', look),
    ...severitySpans(row, look),
    span(row.outcome ?? row.reason, 'plain', look),
    span(row.actor, 'dim', look),
  ]);
}

const COMPARED = {
  better: ['better', 'good'],
  worse: ['WORSE', 'bad'],
  same: ['as before', 'plain'],
  unknown: ['', 'plain'],
} as const satisfies Record<string, readonly [string, Tone]>;

function severitySpans({ baseline, now, trend }: SeenTransaction, look: Look): Span[] {
  const [word, tone] = COMPARED[againstBaseline(baseline, now)];
  const arrow = look.unicode ? '→' : '->';
  return [
    span(`severity ${severityText(baseline)} ${arrow} ${severityText(now)}`, 'plain', look),
    span(word, tone, look),
    // Ours: the bars are no text of the cluster.
    { text: courseOf(trend, COURSE_CELLS, look), tone },
  ];
}

const OUTCOMES: Readonly<Record<string, Tone>> = {
  ok: 'good',
  running: 'warn',
  refused: 'warn',
  failed: 'bad',
};

export function callLine(call: SeenCall, look: Look): Line {
  const took = call.durationMs === undefined ? '' : `${call.durationMs} ms`;
  return joined([
    span(clockOf(call.at), 'dim', look),
    span(call.outcome.padEnd(7), OUTCOMES[call.outcome] ?? 'plain', look),
    span(call.tool, 'plain', look),
    span(call.object, 'plain', look),
    span(call.code ?? '', 'warn', look),
    span(call.transaction ?? '', 'plain', look),
    span(took, 'dim', look),
    span(call.actor, 'dim', look),
  ]);
}
