import { fenceUntrusted } from '../../render/untrusted.ts';
import { fitNewest, type LogLine } from './lines.ts';
import type { LogRead } from './read.ts';

/** The log of one container as an answer shows it. */
export interface LogPart {
  [key: string]: unknown;
  pod: string;
  container: string;
  state: string;
  restarts?: number;
  other_containers?: string[];
  remarks?: string[];
  /** Lines shown; absent when there is no log. */
  lines?: number;
  matched?: string;
  truncated?: boolean;
  log?: string;
}

/** Each log on its own. */
export function showGrouped(
  reads: readonly LogRead[],
  options: { timestamps: boolean; maxCharacters: number },
): LogPart[] {
  const each = Math.max(500, Math.floor(options.maxCharacters / Math.max(1, reads.length)));
  return reads.map((read) => {
    if (read.lines === undefined) return headOf(read);
    const fitted = fitNewest(
      read.lines.map((line) => textOf(line, options.timestamps)),
      each,
    );
    const part = withCounts(read, fitted.lines.length, fitted.cut);
    if (fitted.lines.length === 0) return part;
    return { ...part, log: fenceUntrusted(fitted.lines.join('\n')) };
  });
}

/** All logs as one, by time, each line after its pod's name. */
export function showMerged(
  reads: readonly LogRead[],
  options: { timestamps: boolean; maxCharacters: number },
): { parts: LogPart[]; log?: string } {
  const all = reads.flatMap((read, index) =>
    (read.lines ?? []).map((line) => ({ line, index, pod: read.pod, key: sortKey(line.time) })),
  );
  // Equal times keep each pod's own order.
  all.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const fitted = fitNewest(
    all.map(({ line, pod }) => `[${pod}] ${textOf(line, options.timestamps)}`),
    options.maxCharacters,
  );
  const shown = all.slice(fitted.dropped);
  const parts = reads.map((read, index) => {
    if (read.lines === undefined) return headOf(read);
    return withCounts(read, shown.filter((it) => it.index === index).length, 0);
  });
  return { parts, ...(shown.length > 0 ? { log: fenceUntrusted(fitted.lines.join('\n')) } : {}) };
}

/** Runtimes trim zeros of the fraction and write their own zone, so stamps don't sort as text. */
function sortKey(time: string): string {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '';
  const seconds = Date.parse(time.replace(/\.\d+/, '')) || 0;
  return `${String(seconds).padStart(16, '0')}.${fraction.padEnd(9, '0')}`;
}

function textOf({ time, text }: LogLine, timestamps: boolean): string {
  return timestamps && time !== '' ? `${time} ${text}` : text;
}

function headOf({ pod, container, state, restarts, others, remarks }: LogRead): LogPart {
  return {
    pod,
    container,
    state,
    ...(restarts > 0 ? { restarts } : {}),
    ...(others.length > 0 ? { other_containers: [...others] } : {}),
    ...(remarks.length > 0 ? { remarks: [...remarks] } : {}),
  };
}

function withCounts(read: LogRead, shown: number, cut: number): LogPart {
  const dropped = read.older + (read.lines?.length ?? 0) - shown;
  const { matched } = read;
  const remarks = [
    ...read.remarks,
    ...(dropped > 0
      ? [`${dropped} older ${matched ? 'matches' : 'lines that were read'} are not shown.`]
      : []),
    ...(cut > 0
      ? [
          `${cut} long ${cut === 1 ? 'line is' : 'lines are'} cut; tail 1 with a larger max_characters shows a whole one.`,
        ]
      : []),
  ];
  return {
    ...headOf({ ...read, remarks }),
    lines: shown,
    ...(matched ? { matched: `${matched.count} of ${matched.of} lines` } : {}),
    ...(dropped > 0 || cut > 0 || read.hasOlder ? { truncated: true } : {}),
  };
}
