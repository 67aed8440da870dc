import type { Json } from '../../core/json.ts';
import { redactText } from '../../core/redact.ts';
import type { RedactionRules } from '../../core/redact-text.ts';

// Digests are ours and no text of anybody; a diff was masked as the object that it is, whose field
// `secretName` tells no secret.
const AS_IT_IS: ReadonlySet<string> = new Set([
  'hash',
  'policyDigest',
  'digest',
  'intentId',
  'diff',
]);

/**
 * A copy of rows of the journal with the credentials in their texts masked. They were masked when they
 * were written; the policy may have learned new names since.
 */
export function masked<T extends object>(rows: T, rules: RedactionRules): T {
  return mask(rows as unknown as Json, rules) as unknown as T;
}

function mask(value: Json | undefined, rules: RedactionRules): Json | undefined {
  if (typeof value === 'string') return redactText(value, rules);
  if (Array.isArray(value)) return value.map((item) => mask(item, rules) ?? null);
  if (value === null || typeof value !== 'object' || !isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, AS_IT_IS.has(key) ? item : mask(item, rules)]),
  );
}

// Numbers too large for a double are objects of their own.
function isPlain(value: object): value is { [key: string]: Json | undefined } {
  return Object.getPrototypeOf(value) === Object.prototype;
}
