import { type Json, numberOf } from './json.ts';

/**
 * A Kubernetes quantity in billionths of its unit (a core, a byte, one), which is the finest the
 * API knows. Exact: sums and comparisons of quantities are those of integers.
 */
export type Nano = bigint;

export const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;

/** The API server caps quantities at what an int64 holds (apimachinery resource.ParseQuantity). */
const MOST = (2n ** 63n - 1n) * NANO;
// No text that the API server stores is longer; powers of ten beyond this don't fit or vanish.
const LONGEST = 256;
const FARTHEST = 400;

const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};

const GRAMMAR = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/**
 * Reads a quantity as the API server does: `1500m`, `2`, `1.5Gi`, `12e6`, `250000000n`. What is
 * finer than a billionth rounds away from zero; what is beyond an int64 is capped.
 * @returns undefined for what is not a quantity.
 */
export function parseQuantity(text: string): Nano | undefined {
  if (text.length > LONGEST) return undefined;
  const found = GRAMMAR.exec(text);
  if (!found) return undefined;
  const [, sign, whole = '', behind = '', alone = '', exponent, suffix = ''] = found;
  const fraction = behind + alone;
  const digits = BigInt(whole + fraction);
  const factor = BINARY[suffix] ?? 1n;
  const power = exponent === undefined ? (DECIMAL[suffix] ?? 0) : Number(exponent.slice(1));
  const shift = Math.max(-FARTHEST, Math.min(FARTHEST, power)) - fraction.length + 9;
  const scaled = digits * factor;
  const size = shift >= 0 ? scaled * 10n ** BigInt(shift) : divideUp(scaled, 10n ** BigInt(-shift));
  const capped = size > MOST ? MOST : size;
  return sign === '-' ? -capped : capped;
}

/** A quantity in JSON: a string, or a plain number as manifests may have it. */
export function quantityOf(value: Json | undefined): Nano | undefined {
  if (typeof value === 'string') return parseQuantity(value);
  const number = numberOf(value);
  return number === undefined ? undefined : parseQuantity(String(number));
}

/** The nearest double: for ratios, never for sums. */
export function quantityNumber(nano: Nano): number {
  return Number(nano / NANO) + Number(nano % NANO) / 1e9;
}

/** In thousandths, rounded up, as the scheduler counts CPU. */
export function milliOf(nano: Nano): bigint {
  return roundUp(nano, MILLI);
}

/** In whole units, rounded up, as the scheduler counts everything but CPU. */
export function wholeOf(nano: Nano): bigint {
  return roundUp(nano, NANO);
}

/** `1500m`, `2`: CPU as kubectl shows it. */
export function cpuText(nano: Nano): string {
  const milli = milliOf(nano);
  return milli % 1000n === 0n ? String(milli / 1000n) : `${milli}m`;
}

const UNITS: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** `512Mi`, `1.5Gi`: bytes in the largest unit that fits, to two decimals. For readers only. */
export function bytesText(nano: Nano): string {
  const bytes = wholeOf(nano);
  const size = bytes < 0n ? -bytes : bytes;
  let unit = 0;
  while (unit < UNITS.length - 1 && size >= 1024n ** BigInt(unit + 1)) unit += 1;
  const number = Number(size) / 1024 ** unit;
  return `${bytes < 0n ? '-' : ''}${Number(number.toFixed(2))}${UNITS[unit]}`;
}

function divideUp(value: bigint, by: bigint): bigint {
  return value % by === 0n ? value / by : value / by + 1n;
}

function roundUp(nano: Nano, unit: bigint): bigint {
  return nano < 0n ? -(-nano / unit) : divideUp(nano, unit);
}
