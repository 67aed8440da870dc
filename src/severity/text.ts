import { redactText } from '../core/redact.ts';
import { DEFAULT_REDACTION } from '../core/redact-text.ts';
import type { Violation } from './types.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\s]+/g;

/**
 * One line of at most `length` characters, without control characters and without credentials, which a runtime repeats
 * from image names and commands. They are masked before the cut: of half an address nobody could tell.
 */
export function shorten(text: string, length = 200): string {
  const line = redactText(text, DEFAULT_REDACTION).replace(UNPRINTABLE, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

const CLUSTER_TEXT = 120;

/** `container|Deployment/shop/web|CrashLoop (weight 8): 1 of 4 pods: exit code 1`; its object is part of the id. */
export function describeViolation({ id, weight, message }: Violation): string {
  return `${id} (weight ${weight}): ${shorten(message, CLUSTER_TEXT)}`;
}

/** `a, b and 3 more`. */
export function enumerate(items: readonly string[], most = 3): string {
  const shown = items.slice(0, most).join(', ');
  return items.length <= most ? shown : `${shown} and ${items.length - most} more`;
}

/** At most four decimals, so that sums compare exactly. */
export function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
