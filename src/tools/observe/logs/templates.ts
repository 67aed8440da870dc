import type { LogLine } from './lines.ts';
import { templateText } from './template-text.ts';

/** A line and the pod that wrote it. */
export interface PodLine extends LogLine {
  readonly pod: string;
}

/** Lines that differ only in times, addresses, ids and numbers, as one. */
export interface LogTemplate {
  readonly template: string;
  readonly count: number;
  /** As the kubelet stamped them; empty where it stamped none. */
  readonly first: string;
  readonly last: string;
  /** Pods that wrote such a line, in the order of their names. */
  readonly pods: readonly string[];
  /** The newest of the lines, as it was written. */
  readonly example: string;
}

const TROUBLE =
  /\b(?:fatal|panic|critical|emerg|exception|error|err|fail\w*|traceback|oom\w*|killed)\b/i;
const DOUBT = /\b(?:warn\w*|refused|denied|timeout|timed out|unable|cannot|retry\w*|unhealthy)\b/i;

/**
 * The kinds of lines: those that tell of trouble first, then the frequent ones. Each line counts in exactly one.
 * The order in which lines are given doesn't matter.
 */
export function templatesOf(lines: readonly PodLine[]): LogTemplate[] {
  const groups = new Map<string, PodLine[]>();
  for (const line of lines) {
    const template = templateText(line.text);
    const group = groups.get(template);
    if (group) group.push(line);
    else groups.set(template, [line]);
  }
  return [...groups].map(([template, members]) => summed(template, members)).sort(compare);
}

function summed(template: string, members: readonly PodLine[]): LogTemplate {
  const sorted = [...members].sort(
    (a, b) => byText(keyOf(a.time), keyOf(b.time)) || byText(a.text, b.text),
  );
  const newest = sorted.at(-1);
  return {
    template,
    count: members.length,
    first: sorted[0]?.time ?? '',
    last: newest?.time ?? '',
    pods: [...new Set(members.map(({ pod }) => pod))].sort(byText),
    example: newest?.text ?? '',
  };
}

function compare(a: LogTemplate, b: LogTemplate): number {
  return rank(b) - rank(a) || b.count - a.count || byText(a.template, b.template);
}

/** A template of blank lines tells nothing. */
function rank({ template }: LogTemplate): number {
  if (TROUBLE.test(template)) return 3;
  if (DOUBT.test(template)) return 2;
  return template.trim() === '' ? 0 : 1;
}

/**
 * What stamps are ordered by. Runtimes trim zeros of the fraction and write their own zone, so they don't sort as
 * they stand.
 */
export function keyOf(time: string): string {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '';
  const seconds = Date.parse(time.replace(/\.\d+/, '')) || 0;
  return `${String(seconds).padStart(16, '0')}.${fraction.padEnd(9, '0')}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
