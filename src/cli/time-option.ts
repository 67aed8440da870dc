import { InvalidArgumentError } from 'commander';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * Reads a moment: `2h`, `30m`, `7d` ago, or an ISO date or time (UTC when it names no zone).
 * @returns wall milliseconds.
 */
export function parseMoment(text: string, now: number): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? 0);
  const iso = ISO.exec(text);
  const zoned = iso === null || text.length === 10 || iso[1] !== undefined;
  const moment = iso === null ? Number.NaN : Date.parse(zoned ? text : `${text}Z`);
  if (Number.isNaN(moment)) {
    throw new InvalidArgumentError('Use 30m, 2h or 7d for "ago", or 2026-01-31T12:00:00Z.');
  }
  return moment;
}

/** `2026-01-31`. */
export function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** `12:34:56.789`, UTC. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}

/** `2026-01-31 12:34:56Z`. */
export function momentOf(ms: number): string {
  return `${dateOf(ms)} ${timeOf(ms).slice(0, 8)}Z`;
}
