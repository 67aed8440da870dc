import { joined, type Line, type Look, span, type Tone } from './line.ts';
import { approvalLine, callLine, incidentLine, transactionLine } from './rows.ts';
import type { WatchState } from './state.ts';
import { spanOf } from './words.ts';

/** What is known of the Lease in the cluster; absent when nobody asked. */
export type LeaseSight =
  | { readonly kind: 'seen'; readonly sentence: string; readonly at: number }
  | { readonly kind: 'none'; readonly lease: string; readonly at: number }
  | { readonly kind: 'unknown'; readonly why: string };

/** A line of the list; one with a key can be chosen. */
export interface Row {
  readonly key: string | undefined;
  readonly line: Line;
}

export interface Section {
  readonly title: Line;
  readonly rows: readonly Row[];
  /** How many there are, for a section that is cut. */
  readonly name: string;
}

/** The whole list, in the order of the screen. */
export function sectionsOf(
  state: WatchState,
  lease: LeaseSight | undefined,
  now: number,
  look: Look,
): Section[] {
  const { approvals, incidents, transactions, ended, calls } = state;
  const waiting = approvals.filter(({ state: at }) => at === 'WAITING').length;
  const stuck = transactions.filter(({ needsHuman }) => needsHuman).length;
  const note = (count: number, word: string) => (count === 0 ? '' : `${count} ${word}`);
  return [
    section('APPROVALS', note(waiting, 'waiting for a person') || 'none waits', look, {
      tone: waiting > 0 ? 'warn' : 'dim',
      rows: approvals.map((row) => ({ key: row.id, line: approvalLine(row, now, look) })),
    }),
    section('INCIDENTS', note(incidents.length, 'open') || 'none open', look, {
      rows: incidents.map((row) => ({ key: row.id, line: incidentLine(row, now, look) })),
    }),
    section(
      'TRANSACTIONS',
      [
        note(transactions.length - stuck, 'open') || 'none open',
        note(stuck, stuck === 1 ? 'needs a person' : 'need a person'),
      ]
        .filter(Boolean)
        .join(', '),
      look,
      {
        tone: stuck > 0 ? 'bad' : 'dim',
        rows: [...transactions, ...ended].map((row) => ({
          key: row.id,
          line: transactionLine(row, now, look),
        })),
      },
    ),
    section('WRITER', '', look, {
      rows: [
        { key: undefined, line: writerLine(state, now, look) },
        { key: undefined, line: leaseLine(state, lease, now, look) },
      ],
    }),
    section('CALLS', calls.length === 0 ? 'none yet' : 'newest first, UTC', look, {
      rows: calls.map((call) => ({ key: `call ${call.call}`, line: callLine(call, look) })),
    }),
  ];
}

function section(
  name: string,
  note: string,
  look: Look,
  { tone = 'dim', rows }: { tone?: Tone; rows: readonly Row[] },
): Section {
  return { name, title: joined([span(name, 'title', look), span(note, tone, look)]), rows };
}

function writerLine({ writer }: WatchState, now: number, look: Look): Line {
  if (writer === undefined) return [span('lock: held by nobody', 'dim', look)];
  const { pid, since, description, alive } = writer;
  // Another process may have got the number since; that of a container can't be seen from outside of it.
  const sight = alive
    ? ''
    : `no process ${pid} runs here: it ended without giving it back, or runs elsewhere`;
  const named = description === `process ${pid}` ? description : `${description} (process ${pid})`;
  return joined([
    span(`lock: ${named}`, 'plain', look),
    span(sight, 'warn', look),
    span(`for ${spanOf(now - since)}`, 'dim', look),
  ]);
}

function leaseLine(
  { leases }: WatchState,
  lease: LeaseSight | undefined,
  now: number,
  look: Look,
): Line {
  switch (lease?.kind) {
    case 'seen':
      return joined([
        span(`Lease: ${lease.sentence}`, 'plain', look),
        span(`seen ${spanOf(now - lease.at)} ago`, 'dim', look),
      ]);
    case 'none':
      return [span(`Lease: there is no ${lease.lease} in the cluster`, 'plain', look)];
    case 'unknown':
      return joined([span('Lease: holder unknown', 'warn', look), span(lease.why, 'plain', look)]);
    default:
      return joined([
        span('Lease: holder unknown, the cluster was not asked (--ask-cluster)', 'dim', look),
        ...leases
          .filter(({ named }) => named)
          .map(({ lease: name, epoch }) =>
            span(`by the journal it may name this server: ${name}, epoch ${epoch}`, 'plain', look),
          ),
      ]);
  }
}
