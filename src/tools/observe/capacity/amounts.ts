import { type Json, objectOf } from '../../../core/json.ts';
import {
  bytesText,
  cpuText,
  milliOf,
  type Nano,
  quantityNumber,
  quantityOf,
  wholeOf,
} from '../../../core/quantity.ts';

/** Quantities by resource name: a Kubernetes ResourceList. */
export type Amounts = ReadonlyMap<string, Nano>;

/** Reads a ResourceList. What is no quantity is left out; the API server stores none. */
export function amountsOf(list: Json | undefined): Map<string, Nano> {
  const amounts = new Map<string, Nano>();
  for (const [name, value] of Object.entries(objectOf(list))) {
    const nano = quantityOf(value);
    if (nano !== undefined) amounts.set(name, nano);
  }
  return amounts;
}

export function addTo(sum: Map<string, Nano>, more: Amounts): void {
  for (const [name, nano] of more) sum.set(name, (sum.get(name) ?? 0n) + nano);
}

export function raiseTo(most: Map<string, Nano>, other: Amounts): void {
  for (const [name, nano] of other) {
    const held = most.get(name);
    if (held === undefined || nano > held) most.set(name, nano);
  }
}

/** The amount in the whole numbers that the scheduler counts in: milli-CPUs, bytes, pieces. */
export function countedOf(name: string, nano: Nano): bigint {
  return name === 'cpu' ? milliOf(nano) : wholeOf(nano);
}

/** `1500m`, `512Mi`, `2`: as people write that resource. */
export function amountText(name: string, nano: Nano): string {
  if (name === 'cpu' || name.endsWith('.cpu')) return cpuText(nano);
  return isBytes(name) ? bytesText(nano) : String(wholeOf(nano));
}

function isBytes(name: string): boolean {
  return /(^|\.)(memory|ephemeral-storage|storage)$|(^|\.)hugepages-/.test(name);
}

/** `part` of `whole` in per cent; undefined where there is no whole. */
export function percentOf(part: Nano, whole: Nano): number | undefined {
  if (whole <= 0n) return undefined;
  return Math.round((quantityNumber(part) / quantityNumber(whole)) * 100);
}

const FIRST = ['cpu', 'memory', 'pods', 'ephemeral-storage'];

/** Resource names in the order people look for them. */
export function inOrder(names: Iterable<string>): string[] {
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return [...new Set(names)].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}
