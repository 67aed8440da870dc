import { createHash } from 'node:crypto';
import { StratusError } from '../core/errors.ts';
import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { isNotUnicode } from '../core/plain-text.ts';

/** Kubernetes' own request limit is 3 MiB, etcd's 1.5 MiB: what is larger can't be stored anyway. */
const LARGEST = 1_500_000;
/** No object of Kubernetes comes near; a reader that calls itself runs out of stack far above. */
const DEEPEST = 64;
/** Of one text in the audit log; the bytes of a change are kept whole, sealed, with its step. */
const JOURNALED_TEXT = 16_000;
const JOURNALED_HEAD = 2_000;

/** Half of a surrogate pair has no UTF-8, so no API server could ever be asked for it. */
const NOT_TEXT = 'The arguments hold a text that is not Unicode (half of a surrogate pair)';

/** Why arguments are not looked at any further; undefined when they are text of a sane size. */
export function unreadable(args: Readonly<Record<string, unknown>>): string | undefined {
  let left = LARGEST;
  const walk = (value: unknown, depth: number): string | undefined => {
    left -= typeof value === 'string' ? value.length : 1;
    if (typeof value === 'string' && isNotUnicode(value)) return NOT_TEXT;
    if (left < 0) return `The arguments are larger than ${LARGEST / 1_000_000} MB`;
    if (typeof value !== 'object' || value === null) return undefined;
    if (depth === DEEPEST) return `The arguments are nested deeper than ${DEEPEST} levels`;
    for (const [key, item] of Object.entries(value)) {
      left -= key.length;
      if (isNotUnicode(key)) return NOT_TEXT;
      const found = walk(item, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(args, 0);
}

export function notRead(why: string): StratusError {
  const next =
    why === NOT_TEXT
      ? 'Leave that character out and call again.'
      : 'Send less: one object a call, or a patch of the fields that change instead of a manifest.';
  return new StratusError('invalid_arguments', `${why}.`, { next });
}

/** Arguments as the audit log keeps them: a long text by its beginning, its length and its SHA-256. */
export function journaledArguments(args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [
      key,
      value === undefined ? undefined : journaled(value),
    ]),
  );
}

function journaled(value: Json): Json {
  if (typeof value === 'string') {
    if (value.length <= JOURNALED_TEXT) return value;
    const digest = createHash('sha256').update(value).digest('hex');
    return `${value.slice(0, JOURNALED_HEAD)}… (${value.length} characters, SHA-256 ${digest})`;
  }
  if (Array.isArray(value)) return value.map(journaled);
  return isObject(value) ? journaledArguments(value) : value;
}
