import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { type Json, stringifyJson } from '../core/json.ts';
import { describeRef, type KubeObject, type ObjectRef } from '../core/kube.ts';
import { plainText } from '../core/plain-text.ts';
import { redactPair } from '../core/redact.ts';
import type { RedactionSettings } from '../policy/types.ts';
import { normalise } from '../undo/normalise.ts';

/** Characters of a diff that a model gets to see; the rest is named, not shown. */
const DIFF_LIMIT = 6_000;

/** A unified diff of YAML between two states of one object: redacted, without what the server numbers by itself. */
export function showDiff(
  object: ObjectRef,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  redaction: RedactionSettings,
  limit = DIFF_LIMIT,
): string {
  const shown = redactPair(before, after, redaction);
  const name = describeRef(object);
  const patch = createTwoFilesPatch(
    `${name} (before)`,
    `${name} (after)`,
    yamlOf(shown.before),
    yamlOf(shown.after),
    undefined,
    undefined,
    { context: 3 },
  );
  const lines = patch.split('\n').filter((line) => !line.startsWith('====='));
  const text = plainText(lines.join('\n').trim());
  if (text.length <= limit) return text;
  return `${text.slice(0, limit)}\n… ${text.length - limit} more characters; see the whole object with observe_get`;
}

function yamlOf(object: KubeObject | undefined): string {
  if (object === undefined) return '';
  const plain: Json = normalise(object, { hasStatus: true });
  // Through JSON text, so that a number too large for a double is printed as a number.
  return stringify(JSON.parse(stringifyJson(plain)), { lineWidth: 0, intAsBigInt: true });
}
