import type { SeverityPoint } from '../../journal/standing.ts';
import type { Look } from './line.ts';
import type { Severity, Used } from './state.ts';

/** `12:34:56`, UTC. */
export function clockOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

/** `59 s`, `4:05 min`, `3 h 20 min`, `2 d`. */
export function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, '0')} min`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}

/** `4:05 min left`, or `overdue 10 s`. */
export function leftOf(until: number, now: number): string {
  return until > now ? `${spanOf(until - now)} left` : `overdue ${spanOf(now - until)}`;
}

/** `2/5 commands`; the bound is `?` where none is known. */
export function usedOf({ used, of }: Used, what: string): string {
  return `${used}/${of ?? '?'} ${what}`;
}

export function severityText(severity: Severity): string {
  return typeof severity === 'number' ? String(Math.round(severity * 10) / 10) : severity;
}

/** Now against the baseline, in words that need no colour. */
export function againstBaseline(
  baseline: Severity,
  now: Severity,
): 'better' | 'worse' | 'same' | 'unknown' {
  if (typeof baseline !== 'number' || typeof now !== 'number') return 'unknown';
  return now === baseline ? 'same' : now < baseline ? 'better' : 'worse';
}

const BARS = '▁▂▃▄▅▆▇█';
const ASCII_BARS = '_.:-=+*#';

/** The course of severity, oldest first; `?` where something was not observed. */
export function courseOf(points: readonly SeverityPoint[], cells: number, look: Look): string {
  const shown = points.slice(-cells);
  const highest = Math.max(1, ...shown.map(({ severity }) => severity));
  const bars = look.unicode ? BARS : ASCII_BARS;
  return shown
    .map(({ severity, unknowns }) => {
      if (unknowns > 0) return '?';
      const height = Math.round((Math.max(0, severity) / highest) * (bars.length - 1));
      return bars[height] ?? '?';
    })
    .join('');
}
