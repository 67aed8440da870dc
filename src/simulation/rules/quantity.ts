import { NANO, parseQuantity } from '../../core/quantity.ts';

const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** The form in which the API server gives a quantity back: `1024Mi` is `1Gi`, `0.5` is `500m`. */
export function canonicalQuantity(value: string | number): string {
  const text = String(value);
  const nano = parseQuantity(text);
  if (nano === undefined) return text;
  if (nano === 0n) return '0';
  if (/[KMGTPE]i$/.test(text) && nano % NANO === 0n) return withSuffix(nano / NANO, 1024n, BINARY);
  if (/[eE][+-]?\d+$/.test(text)) return text;
  return decimal(nano);
}

/** A number of thousand-millionths as a quantity with decimal suffix. */
export function decimal(nano: bigint): string {
  if (nano === 0n) return '0';
  let [value, at] = [nano, 0];
  while (at < DECIMAL.length - 1 && value % 1000n === 0n) {
    value /= 1000n;
    at += 1;
  }
  return `${value}${DECIMAL[at]}`;
}

/** The same with binary suffix, for memory. */
export function binary(nano: bigint): string {
  return nano % NANO === 0n ? withSuffix(nano / NANO, 1024n, BINARY) : decimal(nano);
}

function withSuffix(units: bigint, base: bigint, suffixes: readonly string[]): string {
  let [value, at] = [units, -1];
  while (at < suffixes.length - 1 && value !== 0n && value % base === 0n) {
    value /= base;
    at += 1;
  }
  return `${value}${at < 0 ? '' : suffixes[at]}`;
}
