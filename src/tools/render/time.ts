import { StratusError } from '../../core/errors.ts';

/** A duration as kubectl shows it: `45s`, `12m`, `3h20m`, `5d2h`. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 10 ? `${days}d${hours % 24}h` : `${days}d`;
}

/** The age of an RFC 3339 timestamp; undefined when there is none. */
export function ageText(timestamp: string | undefined, now: number): string | undefined {
  const at = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(at) ? undefined : durationText(now - at);
}

/**
 * A moment as people give it: RFC 3339, or a duration back from now (`30m`, `2h`, `7d`).
 * @throws StratusError invalid_arguments.
 */
export function momentOf(text: string, now: number, argument: string): number {
  const back = /^(\d{1,6})\s*([smhd])$/.exec(text.trim());
  if (back) {
    const unit = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[back[2] as 's' | 'm' | 'h' | 'd'];
    return now - Number(back[1]) * unit;
  }
  const at = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw new StratusError('invalid_arguments', `${argument} is neither a time nor a duration.`, {
      next: `Give ${argument} as 2026-01-31T12:00:00Z, or as a duration back from now such as 30m, 2h or 7d.`,
    });
  }
  return at;
}
