import { fenceUntrusted, shortText } from '../../render/untrusted.ts';
import { fitNewest, type LogLine } from './lines.ts';
import type { LogRead } from './read.ts';
import { keyOf, templatesOf } from './templates.ts';

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
    (read.lines ?? []).map((line) => ({ line, index, pod: read.pod, key: keyOf(line.time) })),
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

/** A kind of line as an answer shows it. */
export interface ShownTemplate {
  [key: string]: unknown;
  count: number;
  template: string;
  first?: string;
  last?: string;
  pods?: string;
  example?: string;
}

const LONGEST = 300;

/** All logs as kinds of lines with their counts, as many as fit; the rest is counted. */
export function showTemplates(
  reads: readonly LogRead[],
  options: { maxCharacters: number },
): { parts: LogPart[]; templates: ShownTemplate[]; different: number } {
  const lines = reads.flatMap((read) =>
    (read.lines ?? []).map((line) => ({ ...line, pod: read.pod })),
  );
  const all = templatesOf(lines);
  let left = options.maxCharacters;
  const shown: ShownTemplate[] = [];
  for (const { template, count, first, last, pods, example } of all) {
    const text = shortText(template, LONGEST);
    const said = shortText(example, LONGEST);
    const one: ShownTemplate = {
      count,
      template: text,
      ...(first === '' ? {} : { first }),
      ...(last === first ? {} : { last }),
      ...(reads.length > 1 ? { pods: podsText(pods) } : {}),
      ...(said === text ? {} : { example: said }),
    };
    left -= JSON.stringify(one).length;
    if (left < 0 && shown.length > 0) break;
    shown.push(one);
  }
  const parts = reads.map((read) =>
    read.lines === undefined ? headOf(read) : withCounts(read, read.lines.length, 0),
  );
  return { parts, templates: shown, different: all.length };
}

function podsText(pods: readonly string[]): string {
  return pods.length > 2 ? `${pods[0]} and ${pods.length - 1} more` : pods.join(', ');
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
