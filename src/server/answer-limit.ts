import { isObject, type Json, type JsonObject, stringifyJson } from '../core/json.ts';

/**
 * Characters of an answer at most: about 15,000 tokens. Above 25,000 tokens the common clients cut an answer
 * themselves, or hand the model a file name instead.
 */
export const LARGEST_ANSWER = 60_000;

/** Tried one after the other until the answer fits: how long a text and a list may be. */
const STEPS = [
  { text: 4_000, items: 60 },
  { text: 1_500, items: 30 },
  { text: 500, items: 15 },
  { text: 200, items: 6 },
] as const;

/** What a caller needs to go on is never shortened. */
const KEPT: ReadonlySet<string> = new Set(['summary', 'next', 'cursor', 'transaction', 'note']);

/**
 * The payload shortened until it fits, and saying so. Every tool bounds its own answer; this is for the sum of
 * what each bound allows, such as twenty changes with a long diff each.
 */
export function withinLimit(payload: JsonObject, json: string): JsonObject {
  if (json.length <= LARGEST_ANSWER) return payload;
  let shortened = payload;
  for (const step of STEPS) {
    const cut: string[] = [];
    shortened = {
      ...shortenObject(payload, step, '', cut),
      truncated: true,
      shortened: {
        to: `${LARGEST_ANSWER} characters of ${json.length}`,
        fields: [...new Set(cut)].slice(0, 20),
        rest: 'Ask for less at once: one object, one field, a smaller limit. What a transaction did to each object is in transaction_status and audit_query.',
      },
    };
    if (stringifyJson(shortened).length <= LARGEST_ANSWER) break;
  }
  return shortened;
}

type Step = (typeof STEPS)[number];

function shortenObject(value: JsonObject, step: Step, path: string, cut: string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (item === undefined || (path === '' && KEPT.has(key))) return [key, item];
      return [key, shorten(item, step, path === '' ? key : `${path}.${key}`, cut)];
    }),
  );
}

function shorten(value: Json, step: Step, path: string, cut: string[]): Json {
  if (typeof value === 'string') {
    if (value.length <= step.text) return value;
    cut.push(path);
    return `${value.slice(0, step.text)}… (${value.length - step.text} more characters)`;
  }
  if (Array.isArray(value)) {
    const items = value.slice(0, step.items).map((item) => shorten(item, step, `${path}[]`, cut));
    if (value.length <= step.items) return items;
    cut.push(path);
    return [...items, `… (${value.length - step.items} more)`];
  }
  return isObject(value) ? shortenObject(value, step, path, cut) : value;
}
