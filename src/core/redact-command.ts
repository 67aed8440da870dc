import { isObject, type Json, parseJson, stringifyJson } from './json.ts';
import { redactText } from './redact.ts';
import { redactArgs } from './redact-args.ts';
import { nameMatcher, type RedactionRules, redactionMark } from './redact-text.ts';

const WORD = /'(?:[^']|'\\'')*'|[^\s']+/g;
/** How a command names where a value comes from: not a value. */
const REFERENCE = /^<(secret|configmap) \S+ key \S+>$|^<hidden>$/;
const ASSIGNMENT = /^([\w./-]+)=([\s\S]*)$/;

/**
 * A command line for a shell as it may be journaled and shown, by the policy's own names of secrets: whole words
 * of the form NAME=VALUE, and JSON in a word of its own. What the author of the line hid stays hidden.
 */
export function redactCommand(line: string, rules: RedactionRules): string {
  const hides = nameMatcher(rules);
  return line.replace(WORD, (word) => {
    if (!word.startsWith("'")) return redactText(word, rules);
    const text = word.slice(1, -1).replaceAll(`'\\''`, "'");
    const json = jsonIn(text);
    if (json !== undefined) {
      return quoted(stringifyJson(redactArgs({ patch: json }, rules).patch ?? null));
    }
    const [, name = '', value = ''] = ASSIGNMENT.exec(text) ?? [];
    if (REFERENCE.test(value)) return word;
    // Text in text is masked up to its first space only.
    if (name !== '' && hides(name))
      return quoted(`${name}=${redactionMark(Buffer.byteLength(value))}`);
    return quoted(redactText(text, rules));
  });
}

function jsonIn(text: string): Json | undefined {
  if (!/^[[{]/.test(text)) return undefined;
  try {
    const json = parseJson(text);
    return isObject(json) || Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
