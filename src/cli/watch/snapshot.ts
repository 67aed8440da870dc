import { plainJson } from '../../core/plain-text.ts';
import { marked } from './layout.ts';
import { PLAIN_LOOK, textOf } from './line.ts';
import { type LeaseSight, sectionsOf } from './sections.ts';
import type { WatchState } from './state.ts';

/** What is going on, as text of whole lines without colours. */
export function snapshotText(state: WatchState, lease: LeaseSight | undefined): string {
  return sectionsOf(state, lease, state.at, PLAIN_LOOK)
    .flatMap(({ title, rows }) => [
      textOf(title),
      ...rows.map((row) => textOf(marked(row, false, PLAIN_LOOK))),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** The same as one JSON document; times are ISO 8601, and what isn't known is `unknown` or null. */
export function snapshotJson(state: WatchState, lease: LeaseSight | undefined): string {
  const { journal, at, approvals, incidents, transactions, ended, writer, leases, calls } = state;
  const document = {
    journal,
    at,
    approvals: approvals.map(({ subject: _, useMs: __, ...row }) => row),
    incidents: incidents.map(({ baseline: _, own: __, ...row }) => row),
    transactions,
    ended,
    writer: writer ?? null,
    lease: lease ?? { kind: 'unknown', why: 'the cluster was not asked' },
    leases_in_journal: leases,
    calls,
  };
  // Line by line: the line feeds between them are ours.
  return JSON.stringify(document, isoTimes, 2).split('\n').map(plainJson).join('\n').concat('\n');
}

const TIMES = /(?:^at|At|By|^since)$/;

/** Wall ms under the name of a time; `decidedBy` and the like hold a name. */
function isoTimes(key: string, value: unknown): unknown {
  if (typeof value !== 'number' || !TIMES.test(key)) return value;
  return new Date(value).toISOString();
}
