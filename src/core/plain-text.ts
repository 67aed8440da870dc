// Control (Cc), format (Cf: bidi overrides, isolates, zero-width, tags) and lone surrogates (Cs),
// plus the two separators that terminals and log viewers break lines at.
const DECEPTIVE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

const ESCAPE = String.fromCharCode(0x1b);
const BELL = String.fromCharCode(0x07);
const CSI = String.fromCharCode(0x9b);
// CSI sequences (colours, cursor), OSC sequences (titles, links) up to their end, and short escapes.
const ANSI = new RegExp(
  `(?:${ESCAPE}\\[|${CSI})[0-?]*[ -/]*[@-~]|${ESCAPE}\\][^${BELL}${ESCAPE}\\n]*(?:${BELL}|${ESCAPE}\\\\)|${ESCAPE}[ -/]*[0-~]`,
  'g',
);

/**
 * Text without terminal sequences: a coloured log reads, and is searched, like a plain one. What is
 * left of broken sequences is for {@link plainText}.
 */
export function withoutAnsi(text: string): string {
  return text.includes(ESCAPE) || text.includes(CSI) ? text.replace(ANSI, '') : text;
}

/**
 * Makes text safe to print: control characters (ANSI escapes among them), bidi overrides and
 * invisible characters become visible as `\u{1b}`. Newlines and tabs stay.
 */
export function plainText(text: string): string {
  return text.replace(DECEPTIVE, (character) =>
    character === '\n' || character === '\t' ? character : visible(character),
  );
}

/** Like {@link plainText}, on one line: text from elsewhere can't fake a line of ours. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}

/** JSON text with the same characters written as `\uXXXX`: still the same JSON value. */
export function plainJson(json: string): string {
  return json.replace(DECEPTIVE, (character) =>
    Array.from({ length: character.length }, (_, i) => {
      const unit = character.charCodeAt(i).toString(16).padStart(4, '0');
      return `\\u${unit}`;
    }).join(''),
  );
}

function visible(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** True for half of a surrogate pair: a string of JavaScript that has no UTF-8, and so no place in a request. */
export function isNotUnicode(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}
