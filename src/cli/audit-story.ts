import {
  arrayOf,
  type Json,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../core/json.ts';
import { describeRef } from '../core/kube.ts';
import { plainLine } from '../core/plain-text.ts';
import type { JournalReader } from '../journal/open.ts';
import type { AttemptRow, AuditRow, SampleRow, StepRow, TransactionRow } from '../journal/types.ts';
import { actorOf, detailOf, jsonText, objectOfRow } from './audit-text.ts';
import { dateOf, momentOf, timeOf } from './time-option.ts';

/** One transaction as text for a person after an incident; `undefined` when there is no such one. */
export function storyOf(journal: JournalReader, transaction: string): string | undefined {
  const row = journal.transactions.get(transaction);
  if (row === undefined) return undefined;
  const steps = journal.transactions.steps(transaction);
  const lines = [
    ...heading(row, journal.incidents.ofTransaction(transaction)),
    '',
    'Steps',
    ...(steps.length === 0 ? ['  none: nothing was written'] : steps.flatMap(stepLines)),
    '',
    'What happened (UTC)',
    ...timeline(journal.audit.story(transaction), journal.transactions.samples(transaction)),
  ];
  return `${lines.join('\n')}\n`;
}

function heading(row: TransactionRow, attempt: AttemptRow | undefined): string[] {
  const { openedAt, closedAt } = row;
  const ended = closedAt === null ? 'not closed' : `closed ${momentOf(closedAt)}`;
  const took = closedAt === null ? '' : ` after ${((closedAt - openedAt) / 1000).toFixed(1)} s`;
  return [
    `${row.id}  ${row.state}`,
    field('why', row.reason),
    ...(attempt === undefined
      ? []
      : [field('incident', `${attempt.incident}, attempt ${attempt.attempt}`)]),
    field('who', row.actor),
    field('where', `${row.cluster}, ${scopeOf(row.scope)}`),
    field(
      'when',
      `opened ${momentOf(openedAt)}, deadline ${momentOf(row.deadlineAt)}, ${ended}${took}`,
    ),
    field('policy', row.policyDigest),
    ...row.declaredReductions.map((reduction) => field('declared', sentence(reduction))),
    field('severity', severities(row)),
    ...violationLines('wrong', objectOf(row.before ?? {}).violations),
    ...verdictLines(row.verdict),
    ...(row.outcome === null ? [] : [field('outcome', row.outcome)]),
  ];
}

function field(name: string, text: string): string {
  return `  ${name.padEnd(10)}${plainLine(text)}`;
}

function scopeOf(scope: JsonObject): string {
  const { namespaces } = scope;
  if (namespaces === 'all') return 'the whole cluster';
  const names = arrayOf(namespaces).filter((name) => typeof name === 'string');
  return names.length === 0 ? 'no namespace' : `namespaces ${names.join(', ')}`;
}

function severities(row: TransactionRow): string {
  const measured: [string, JsonObject | null][] = [
    ['before', row.before],
    ['after', row.after],
    ['after the undo', row.afterUndo],
  ];
  const parts = measured.flatMap(([when, measurement]) => {
    if (measurement === null) return [];
    const unknown = arrayOf(measurement.unknowns).length > 0;
    return [`${unknown ? 'unknown' : (numberOf(measurement.severity) ?? 'unknown')} ${when}`];
  });
  return parts.length === 0 ? 'not measured' : parts.join(', ');
}

function verdictLines(verdict: JsonObject | null): string[] {
  if (verdict === null) return [];
  return [
    field(
      'verdict',
      `${verdict.pass === true ? 'passed' : 'refused'}: ${stringOf(verdict.summary) ?? ''}`,
    ),
    ...objectsOf(verdict.findings).map((finding) => {
      const mark = finding.ok === true ? 'ok' : 'NO';
      return field('', `${mark} ${stringOf(finding.rule)} ${stringOf(finding.message) ?? ''}`);
    }),
    ...violationLines('new', verdict.appeared),
    ...violationLines('gone', verdict.disappeared),
  ];
}

function violationLines(name: string, violations: Json | undefined): string[] {
  return objectsOf(violations).map((violation) => {
    const { id, message } = violation;
    return field(name, `${stringOf(message) ?? ''} [${stringOf(id) ?? ''}]`);
  });
}

function stepLines(step: StepRow): string[] {
  const { kind, name, namespace } = step;
  const object = plainLine(describeRef({ kind, name, namespace: namespace ?? undefined }));
  const notes = [
    `$ ${step.kubectl}`,
    ...(step.httpStatus === null ? [] : [`the API server answered HTTP ${step.httpStatus}`]),
    ...(step.rehearsal === null ? [] : [`rehearsal of the undo: ${step.rehearsal}`]),
    ...(step.error === null ? [] : [`error: ${step.error}`]),
    ...step.conflicts.map((conflict) => `conflict: ${sentence(conflict)}`),
    ...step.residual.map((residual) => `left different: ${sentence(residual)}`),
  ];
  return [
    `  ${step.seq}. ${step.state}  ${step.verb} ${object} (${step.class}), command ${step.command} by ${plainLine(step.tool)}`,
    ...notes.map((note) => `     ${plainLine(note)}`),
  ];
}

function sentence(value: Json): string {
  return typeof value === 'string' ? value : jsonText(objectOf(value));
}

function timeline(rows: readonly AuditRow[], samples: readonly SampleRow[]): string[] {
  const ended = new Set(rows.filter((row) => row.kind === 'outcome').map((row) => row.call));
  const waiting = [...samples];
  const lines: string[] = [];
  let day = '';
  const add = (at: number, text: readonly string[]) => {
    if (dateOf(at) !== day) lines.push(`  ${dateOf(at)}`);
    day = dateOf(at);
    const [first = '', ...more] = text;
    lines.push(`  ${timeOf(at)}  ${first}`, ...more.map((line) => `${' '.repeat(16)}${line}`));
  };
  const addSamplesUntil = (at: number) => {
    for (let next = waiting[0]; next !== undefined && next.at <= at; next = waiting[0]) {
      const text = sampleText(next);
      const first = next.at;
      let last = first;
      let same = 0;
      for (let it = waiting[0]; it && it.at <= at && sampleText(it) === text; it = waiting[0]) {
        last = it.at;
        same++;
        waiting.shift();
      }
      const until = same > 1 ? `, the same ${same} times until ${timeOf(last)}` : '';
      add(first, [`  severity ${text}${until}`]);
    }
  };
  for (const row of rows) {
    addSamplesUntil(row.at);
    if (!isEcho(row)) add(row.at, rowLines(row, ended));
  }
  addSamplesUntil(Number.POSITIVE_INFINITY);
  return lines.length === 0 ? ['  no row of the audit log names this transaction'] : lines;
}

// A note that only repeats the change of state beside it.
function isEcho(row: AuditRow): boolean {
  return row.kind === 'transaction' && Object.keys(row.detail).length === 0;
}

function sampleText({ severity, phase, violations, unknowns }: SampleRow): string {
  const unknown = unknowns.length === 0 ? '' : `, not observed: ${unknowns.length}`;
  return `${severity} (${phase}; violations: ${violations.length}${unknown})`;
}

function rowLines(row: AuditRow, ended: ReadonlySet<string | null>): string[] {
  switch (row.kind) {
    case 'call': {
      const lost = ended.has(row.call) ? [] : ['! this call has no recorded end'];
      return [`${actorOf(row)} calls ${plainLine(row.tool ?? '?')} ${detailOf(row)}`, ...lost];
    }
    case 'outcome':
      return outcomeLines(row);
    case 'step': {
      const kubectl = stringOf(row.detail.kubectl);
      const command = kubectl === undefined ? [] : [`  $ ${plainLine(kubectl)}`];
      return [`  ${detailOf(row)}  ${objectOfRow(row)}`, ...command];
    }
    default:
      return [`  ${row.kind} ${detailOf(row)}`];
  }
}

function outcomeLines(row: AuditRow): string[] {
  const { detail } = row;
  const decided =
    row.decision === null || row.decision === 'none' ? '' : `, decision ${row.decision}`;
  const rule = row.rule === null ? '' : ` by rule ${row.rule}`;
  const before = numberOf(detail.severityBefore);
  const after = numberOf(detail.severityAfter);
  const measured = [before, after].filter((value) => value !== undefined);
  const severity = measured.length === 0 ? '' : `, severity ${measured.join(' → ')}`;
  const took = Math.round(numberOf(detail.durationMs) ?? 0);
  const answer = `${row.tool ?? '?'} ${row.outcome ?? '?'} in ${took} ms${decided}${rule}${severity}`;
  const why = detailOf(row);
  return [plainLine(answer), ...(why === '' ? [] : [`  ${why}`])];
}
