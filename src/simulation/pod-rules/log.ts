import type { LogLine } from './memory.ts';
import type { PodRules } from './rules.ts';

/** The log with new lines at its end; the oldest go when it is full. */
export function appendLog(
  log: readonly LogLine[],
  texts: readonly string[],
  at: number,
  rules: PodRules,
): readonly LogLine[] {
  if (texts.length === 0) return log;
  const lines = [...log, ...texts.map((text) => ({ at, text }))];
  return lines.slice(-rules.logLines);
}

/** The query of a kubelet's containerLogs endpoint. */
export interface LogOptions {
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly sinceTime?: number;
  readonly timestamps?: boolean;
  readonly limitBytes?: number;
}

/** Log lines as the endpoint sends them. */
export function renderLog(log: readonly LogLine[], options: LogOptions, now: number): string {
  const since = Math.max(
    options.sinceTime ?? 0,
    options.sinceSeconds === undefined ? 0 : now - options.sinceSeconds * 1000,
  );
  const recent = log.filter((line) => line.at >= since);
  const tail = options.tailLines === undefined ? recent : lastOf(recent, options.tailLines);
  const text = tail
    .map((line) => {
      const stamp = options.timestamps === true ? `${nanoseconds(line.at)} ` : '';
      return `${stamp}${line.text}\n`;
    })
    .join('');
  if (options.limitBytes === undefined) return text;
  return Buffer.from(text).subarray(0, options.limitBytes).toString();
}

function lastOf(lines: readonly LogLine[], count: number): readonly LogLine[] {
  return count <= 0 ? [] : lines.slice(-count);
}

function nanoseconds(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000000Z');
}
