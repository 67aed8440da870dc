import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { redactText } from '../core/redact.ts';
import { nameMatcher, redactionMark } from '../core/redact-text.ts';
import type { RedactionSettings } from '../policy/types.ts';

const VALUES = ['before', 'ours', 'now'] as const;

/**
 * A conflict or residual as it may be journaled and shown: it carries field values, and these can be secrets.
 * Everything of a Secret is masked, elsewhere what the policy's patterns name along the path.
 */
export function redactNote(kind: string, note: Json, redaction: RedactionSettings): Json {
  if (typeof note === 'string') return redactText(note, redaction);
  if (!isObject(note)) return note;
  const path = typeof note.path === 'string' ? note.path : '';
  const matches = nameMatcher(redaction);
  const hidden =
    kind === 'Secret'
      ? !path.startsWith('metadata.')
      : path.split(/[.[\]="]+/).some((part) => matches(part));
  const copy: JsonObject = { ...note };
  for (const name of VALUES) {
    const value = copy[name];
    if (value === undefined || value === null) continue;
    copy[name] = hidden ? mark(value) : scrub(value, redaction);
  }
  return copy;
}

function mark(value: Json): string {
  return redactionMark(
    Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)),
  );
}

function scrub(value: Json, redaction: RedactionSettings): Json {
  if (typeof value === 'string') return redactText(value, redaction);
  // A whole element or map may hide a credential further down: its text is scrubbed as one.
  return typeof value === 'object' ? redactText(JSON.stringify(value), redaction) : value;
}
