import { isObject, type Json, type JsonObject } from '../core/json.ts';
import { plainText } from '../core/plain-text.ts';

// What JSON writes as an escape of a control character (newline and tab are harmless), or leaves as it is
// although a terminal or a reader would be deceived by it.
const SUSPICIOUS = /\\(?:u00|[bfr])|[\u007f-\u009f\p{Cf}\p{Cs}\u2028\u2029]|\\ud[89a-f]/iu;

/**
 * The payload with every text in it made safe to show: the last guard before an answer leaves, for what a
 * tool forgot. `json` is the payload's own text, looked at first because nearly every answer is clean.
 */
export function plainPayload(payload: JsonObject, json: string): JsonObject {
  return SUSPICIOUS.test(json) ? objectOf(payload) : payload;
}

function plain(value: Json): Json {
  if (typeof value === 'string') return plainText(value);
  if (Array.isArray(value)) return value.map(plain);
  return isObject(value) ? objectOf(value) : value;
}

function objectOf(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      plainText(key),
      item === undefined ? undefined : plain(item),
    ]),
  );
}
