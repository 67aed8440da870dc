import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { type StratusError, toStratusError } from '../core/errors.ts';
import { type JsonObject, stringifyJson } from '../core/json.ts';
import { plainText } from '../core/plain-text.ts';
import { withinLimit } from './answer-limit.ts';
import { plainPayload } from './plain-payload.ts';

const CHANGED = {
  nothing: 'Nothing was changed.',
  something: 'Something was changed.',
  unknown: 'Whether something was changed is not known.',
} as const;

/**
 * The answer of a call that went through. Clients show the model either the structured payload or
 * the text, so the text is the payload.
 */
export function renderResult(payload: Record<string, unknown>): CallToolResult {
  const text = textOf(payload as JsonObject);
  return {
    content: [{ type: 'text', text }],
    // Parsed again: what can't be JSON (undefined, exact numbers) must not differ between the two.
    structuredContent: JSON.parse(text) as Record<string, unknown>,
  };
}

function textOf(payload: JsonObject): string {
  const json = stringifyJson(payload);
  const safe = withinLimit(plainPayload(payload, json), json);
  return safe === payload ? json : stringifyJson(safe);
}

/** The answer of a call that didn't: what was wrong, which rule, what changed, what to do next. */
export function renderError(thrown: unknown): CallToolResult {
  return { isError: true, content: [{ type: 'text', text: errorText(toStratusError(thrown)) }] };
}

export function errorText(error: StratusError): string {
  const lines = [`${error.message} [${error.code}]`];
  if (error.rule !== undefined) lines.push(`Rule: ${error.rule}`);
  if (error.details !== undefined) lines.push(`Details: ${stringifyJson(error.details)}`);
  lines.push(CHANGED[error.changed], `Next: ${error.next}`);
  return plainText(lines.join('\n'));
}
