/** Stands for a `$` that single quotes or a backslash protect from expansion. */
const PROTECTED_DOLLAR = '\u0000';

/** The word that stands for an output redirected to a file. */
export const QUIET = '\u0001quiet';

export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'operator'; readonly text: string };

const OPERATORS = ['&&', '||', ';', '&', '|', '\n', '(', ')'];
const REDIRECT = /^(?:\d?>>?&?\d?|\d?<|&>)/;

/** Splits a script into words and operators; undefined for grammar that the rules don't know. */
export function tokenize(script: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let rest = script.replace(/\\\n/g, ' ');
  while (rest !== '') {
    const blank = /^[^\S\n]+|^#[^\n]*/.exec(rest);
    if (blank !== null) {
      rest = rest.slice(blank[0].length);
      continue;
    }
    const redirect = REDIRECT.exec(rest);
    if (redirect !== null) {
      rest = rest.slice(redirect[0].length).replace(/^[ \t]*/, '');
      if (!/&\d?$/.test(redirect[0])) {
        rest = readWord(rest)?.rest ?? rest;
        if (/^[1&]?>/.test(redirect[0])) tokens.push({ kind: 'word', text: QUIET, quoted: true });
      }
      continue;
    }
    const operator = OPERATORS.find((candidate) => rest.startsWith(candidate));
    if (operator === '(' || operator === ')') return undefined;
    if (operator !== undefined) {
      tokens.push({ kind: 'operator', text: operator === '\n' ? ';' : operator });
      rest = rest.slice(operator.length);
      continue;
    }
    const word = readWord(rest);
    if (word === undefined) return undefined;
    if (/^\d$/.test(word.text) && /^[<>]/.test(word.rest)) {
      rest = word.rest;
      continue;
    }
    tokens.push({ kind: 'word', text: word.text, quoted: word.quoted });
    rest = word.rest;
  }
  return tokens;
}

function readWord(
  source: string,
): { readonly text: string; readonly quoted: boolean; readonly rest: string } | undefined {
  let text = '';
  let quoted = false;
  let at = 0;
  while (at < source.length) {
    const char = source[at] ?? '';
    if (char === "'") {
      const end = source.indexOf("'", at + 1);
      if (end === -1) return undefined;
      text += source.slice(at + 1, end).replaceAll('$', PROTECTED_DOLLAR);
      quoted = true;
      at = end + 1;
    } else if (char === '"') {
      const end = closingQuote(source, at + 1);
      if (end === -1) return undefined;
      const inner = source.slice(at + 1, end);
      if (/(?<!\\)(`|\$\()/.test(inner)) return undefined;
      text += inner.replace(/\\(["\\`])/g, '$1').replaceAll('\\$', PROTECTED_DOLLAR);
      quoted = true;
      at = end + 1;
    } else if (char === '\\') {
      const next = source[at + 1] ?? '';
      text += next === '$' ? PROTECTED_DOLLAR : next;
      at += 2;
    } else if (char === '`' || source.startsWith('$(', at)) {
      return undefined;
    } else if (/[\s;&|<>()]/.test(char)) {
      break;
    } else {
      text += char;
      at += 1;
    }
  }
  return { text, quoted, rest: source.slice(at) };
}

function closingQuote(source: string, from: number): number {
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '"') return at;
  }
  return -1;
}

/** `$NAME`, `${NAME}` and `${NAME:-default}` with the variables' values. */
export function expandWord(text: string, variables: Readonly<Record<string, string>>): string {
  return text
    .replace(
      /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?-([^}]*))?\})/g,
      (_whole, plain: string | undefined, braced: string | undefined, otherwise?: string) =>
        variables[plain ?? braced ?? ''] ?? otherwise ?? '',
    )
    .replaceAll(PROTECTED_DOLLAR, '$');
}
