import type { Masking } from './redact-text.ts';

const KINDS = '(?:Invalid|Unsupported|Duplicate) value: ';

// `spec.env[0].value: Invalid value: `. Text that anybody may have written runs through it, so a path
// is tried at its first character only.
const HEAD = new RegExp(`(?<![\\w./[\\]\\\\"'*-])([\\w./[\\]\\\\"'*-]+): ${KINDS}`, 'g');
const SCRUBBED = new RegExp(`^${KINDS}"?<redacted: `);
const SECRET = /\bSecret \\?"[^"\n]*" is invalid\b/;

/** Where a patch can't be decoded the API server repeats it, or the whole object with it, and says no kind. */
const WHOLE = 'patch';

/** What a schema error says instead of a value. */
const TYPE_NAME = /^\\?"(?:object|array|string|integer|number|boolean|null)\\?"$/;

/**
 * Masks what refusals of the API server repeat of a manifest: `PATH: Invalid value: VALUE: why`, as
 * field errors are written. Hidden are values whose path has a segment that matches, and the data of
 * a Secret whatever its keys are.
 */
export function scrubRefusals(text: string, masking: Masking): string {
  const ofSecret = SECRET.test(text);
  let out = '';
  let done = 0;
  for (const match of text.matchAll(HEAD)) {
    const [head, path = ''] = match;
    const start = match.index + head.length;
    const isHidden =
      path === WHOLE || namesIn(path).some(masking.matches) || (ofSecret && isData(path));
    if (!isHidden || start < done) continue;
    const end = valueEnd(text, start);
    const value = text.slice(start, end);
    if (value === '' || /^"?<redacted: /.test(value) || TYPE_NAME.test(value)) continue;
    const quote = value.length > 1 && value.startsWith('"') && value.endsWith('"') ? '"' : '';
    const bare = quote === '' ? value : value.slice(1, -1);
    out += text.slice(done, start) + quote + masking.mask(path, bare) + quote;
    done = end;
  }
  return out + text.slice(done);
}

/** True for what follows the path of a refusal that is masked already. */
export function isScrubbedRefusal(text: string): boolean {
  return SCRUBBED.test(text);
}

/** The path, its segments, and keys of maps with their dots: `data[db.password]`. */
function namesIn(path: string): string[] {
  const keys = path.match(/[^[\]]+(?=\])/g) ?? [];
  return [path, ...keys, ...path.split(/[.[\]]+/)].filter((name) => name !== '');
}

function isData(path: string): boolean {
  return /^["'[]*(data|stringData)\b/.test(path);
}

/** A quoted value ends with its quote, any other at `: `; one that was cut with its line. */
function valueEnd(text: string, start: number): number {
  const isQuoted = text[start] === '"';
  let inside = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (char === '\n') return i;
    if (char === '"') {
      if (inside && isQuoted) return i + 1;
      inside = !inside;
    } else if (inside && char === '\\') i++;
    else if (!inside && char === ':' && text[i + 1] === ' ') return i;
  }
  return text.length;
}
