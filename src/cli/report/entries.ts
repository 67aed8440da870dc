import { arrayOf, numberOf, stringOf } from '../../core/json.ts';
import type { AuditRow, SampleRow } from '../../journal/types.ts';
import { actorOf, detailOf, objectOfRow } from '../audit-text.ts';
import { timeOf } from '../time-option.ts';
import type { Tone } from './words.ts';

/** One line of the timeline. */
export interface Entry {
  readonly at: number;
  /** What sort of thing it is, in a word. */
  readonly sort:
    | 'call'
    | 'answer'
    | 'step'
    | 'undo'
    | 'transaction'
    | 'phase'
    | 'hypothesis'
    | 'severity'
    | 'note';
  readonly what: string;
  readonly tone?: Tone;
  readonly more: readonly string[];
}

/** Rows of the audit log and measurements as one line each, in order. */
export function entriesOf(rows: readonly AuditRow[], samples: readonly SampleRow[]): Entry[] {
  const ended = new Set(rows.flatMap(({ kind, call }) => (kind === 'outcome' ? (call ?? []) : [])));
  const entries = rows.flatMap((row, i) => {
    const next = rows[i + 1];
    // A call with nothing between it and its answer is one line.
    if (row.kind === 'call' && next?.kind === 'outcome' && next.call === row.call) return [];
    const before = rows[i - 1];
    const start = before?.kind === 'call' && before.call === row.call ? before : undefined;
    return entryOf(row, start, ended) ?? [];
  });
  return merged(entries, measured(samples));
}

/** Two lists that are each in order. On the same moment the measurement comes first: it was taken for what follows. */
function merged(entries: readonly Entry[], samples: readonly Entry[]): Entry[] {
  const all: Entry[] = [];
  const waiting = [...samples];
  for (const entry of entries) {
    while (waiting[0] !== undefined && waiting[0].at <= entry.at) all.push(...waiting.splice(0, 1));
    all.push(entry);
  }
  return [...all, ...waiting];
}

function entryOf(
  row: AuditRow,
  start: AuditRow | undefined,
  ended: ReadonlySet<string>,
): Entry | undefined {
  const { at } = row;
  switch (row.kind) {
    case 'call': {
      const lost = ended.has(row.call ?? '') ? [] : ['This call has no recorded end.'];
      return {
        ...{ at, sort: 'call', what: `${actorOf(row)} calls ${row.tool ?? '?'}` },
        more: [detailOf(row), ...lost],
      };
    }
    case 'outcome':
      return answer(row, start);
    case 'step': {
      const to = stringOf(row.detail.to) ?? row.outcome ?? '';
      const kubectl = stringOf(row.detail.kubectl);
      return {
        ...{ at, sort: to.startsWith('UNDO') ? 'undo' : 'step' },
        what: `${objectOfRow(row)}: ${detailOf(row)}`,
        more: kubectl === undefined ? [] : [`$ ${kubectl}`],
      };
    }
    case 'transaction':
      // It only repeats the change of state beside it.
      if (Object.keys(row.detail).length === 0) return undefined;
      return {
        at,
        sort: 'transaction',
        what: `${row.transaction ?? ''} ${detailOf(row)}`,
        more: [],
      };
    case 'incident': {
      const hypothesis = row.outcome === 'HYPOTHESIS';
      const evidence = arrayOf(row.detail.evidence).filter((item) => typeof item === 'string');
      return {
        ...{ at, sort: hypothesis ? 'hypothesis' : 'phase', what: detailOf(row) },
        more: evidence.map((item) => `evidence: ${item}`),
      };
    }
    default:
      return { at, sort: 'note', what: `${row.kind}: ${detailOf(row)}`, more: [] };
  }
}

function answer(row: AuditRow, start: AuditRow | undefined): Entry {
  const { detail, decision, rule, outcome } = row;
  const who = start === undefined ? '' : `${actorOf(start)} calls `;
  const took = Math.round(numberOf(detail.durationMs) ?? 0);
  const by = rule === null ? '' : ` by rule ${rule}`;
  const decided = decision === null || decision === 'none' ? '' : `, ${decision}${by}`;
  const severity = [numberOf(detail.severityBefore), numberOf(detail.severityAfter)]
    .filter((value) => value !== undefined)
    .join(' → ');
  const measured = severity === '' ? '' : `, severity ${severity}`;
  const why = detailOf(row);
  return {
    at: start?.at ?? row.at,
    sort: start === undefined ? 'answer' : 'call',
    what: `${who}${row.tool ?? '?'}: ${outcome ?? '?'} in ${took} ms${decided}${measured}`,
    ...(outcome === 'ok' ? {} : { tone: 'bad' }),
    more: [...(start === undefined ? [] : [detailOf(start)]), ...(why === '' ? [] : [why])],
  };
}

/** Measurements that say the same in a row are one line. */
function measured(samples: readonly SampleRow[]): Entry[] {
  const runs: { text: string; first: number; last: number; count: number }[] = [];
  for (const sample of samples) {
    const { severity, phase, violations, unknowns } = sample;
    const hidden = unknowns.length === 0 ? '' : `, not observed: ${unknowns.length}`;
    const value = unknowns.length === 0 ? severity : 'unknown';
    const text = `${value} (${phase}; violations: ${violations.length}${hidden})`;
    const run = runs.at(-1);
    if (run?.text === text) {
      run.last = sample.at;
      run.count += 1;
    } else runs.push({ text, first: sample.at, last: sample.at, count: 1 });
  }
  return runs.map(({ text, first, last, count }) => ({
    ...{ at: first, sort: 'severity', more: [] },
    what: count === 1 ? text : `${text}, ${count} times until ${timeOf(last)}`,
  }));
}
