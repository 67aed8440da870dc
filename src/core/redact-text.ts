import { scrubEmbeddedSecrets } from './redact-embedded.ts';
import { isScrubbedRefusal, scrubRefusals } from './redact-refusal.ts';
import { scrubShapes } from './redact-shapes.ts';

/** What the policy says about values that must not be shown. */
export interface RedactionRules {
  /** Regular expressions (source text, case-insensitive) of names whose values are masked. */
  readonly keyPatterns: readonly string[];
}

/** Names that carry credentials almost everywhere; for callers that have no policy at hand. */
export const DEFAULT_REDACTION: RedactionRules = {
  keyPatterns: [
    'passw(or)?d',
    'passphrase',
    'secret',
    'token',
    'api[-_.]?key',
    'access[-_.]?key',
    'private[-_.]?key',
    'credential',
    'client[-_.]?key',
    'connection[-_.]?string',
    '(^|[-_.])dsn$',
  ],
};

/** How values of one redaction are recognised and what stands in their place. */
export interface Masking {
  /** True when the value of this name must not be shown. */
  readonly matches: (name: string) => boolean;
  /** What stands in the place of a value. `bytes` is the length of what it encodes. */
  readonly mask: (name: string, value: string, bytes?: number) => string;
}

// Names that carry credentials whatever the policy's patterns are: HTTP headers that authenticate, and
// short forms that a pattern for the middle of a word would find in innocent ones (compass, passenger).
const ALWAYS = [
  /^(proxy-)?authorization$|^(set-)?cookie$/i,
  /(^|[-_.])((pg|db|my|user|root|admin)?pass|pwd|salt|sig|auth)$/i,
  /[a-z](Pass|Pwd|Salt)$/,
  /(account|shared|storage|hmac|jwt|license|ssh|client)[-_.]?key|dockerc(fg|onfigjson)/i,
];

/**
 * Compiles the patterns. One that is not a regular expression matches every name: what the policy
 * meant to hide stays hidden.
 */
export function nameMatcher(rules: RedactionRules): (name: string) => boolean {
  const patterns = rules.keyPatterns.map((source) => {
    try {
      return new RegExp(source, 'i');
    } catch {
      return /^/;
    }
  });
  return (name) => [...ALWAYS, ...patterns].some((pattern) => pattern.test(name));
}

/**
 * The mark in the place of a value. It tells the length and nothing else: even a cut hash of a weak
 * password can be searched for.
 */
export function redactionMark(bytes: number, note?: string): string {
  return `<redacted: ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}${note ? `, ${note}` : ''}>`;
}

/**
 * Masks credentials in free text (logs, messages, scripts, configuration files): by shape, and the
 * value after a name that matches, as in `password=…`, `"password": "…"`, `--password …`,
 * `<password>…</password>`, YAML block scalars and refusals of the API server.
 */
export function scrubText(text: string, masking: Masking): string {
  const refused = scrubRefusals(scrubEmbeddedSecrets(text, masking), masking);
  return scrubAssignments(scrubBlocks(scrubShapes(refused, masking), masking), masking);
}

const BLOCK_START = /^(\s*(?:- )?)["']?([\w.-]+)["']?\s*:\s*[|>][+-]?\d?\s*$/;

function scrubBlocks(text: string, masking: Masking): string {
  if (!/[|>][+-]?\d?[ \t]*$/m.test(text)) return text;
  const out: string[] = [];
  let hidden: { name: string; indent: number; lines: string[] } | undefined;
  const close = () => {
    if (hidden && hidden.lines.length > 0) {
      const mark = masking.mask(hidden.name, hidden.lines.join('\n'));
      out.push(`${' '.repeat(hidden.indent + 2)}${mark}`);
    }
    hidden = undefined;
  };
  for (const line of text.split('\n')) {
    if (hidden && (line.trim() === '' || line.search(/\S/) > hidden.indent)) {
      hidden.lines.push(line);
      continue;
    }
    close();
    out.push(line);
    const [, indent, name] = BLOCK_START.exec(line) ?? [];
    if (indent !== undefined && name !== undefined && masking.matches(name)) {
      hidden = { name, indent: indent.length, lines: [] };
    }
  }
  close();
  return out.join('\n');
}

// A whole line `name: value` or `name = value`, as configuration files have it. Patterns here run over
// logs that anybody may have written: none may take more than linear time.
const LINE = /^([ \t]*(?:- )?["']?)([\w.-]+)(["']?[ \t]*[=:][ \t]*)(\S.*)$/gm;
const PAIR =
  /(["']?)\b([A-Za-z_][\w.-]{0,100})\1(\s?[=:]\s?)("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,;&"'{}[\]]+)/g;
// Of a URL, whose scheme would pass for a name, and all the rest for its value.
const QUERY = /([?&])([\w.-]{1,100})(=)([^\s&;#"'<>]+)/g;
const FLAG = /(?<=^|\s)(--?[A-Za-z][\w-]{1,60})(\s+)([^\s-]\S*)/g;
// JSON inside a JSON string: `{\\"password\\":\\"…\\"}`.
const ESCAPED =
  /(\\{1,8}")([A-Za-z_][\w.-]{0,100})(\\{1,8}"\s?:\s?\\{1,8}")((?:(?!\\{1,8}")[^"\n])*)/g;
const ELEMENT = /<([A-Za-z][\w.-]{0,60})>([^<]+)<\/\1>/g;

function scrubAssignments(text: string, masking: Masking): string {
  const hide = (name: string, value: string) => {
    const done = value.startsWith('<redacted') || /^[|>][+-]?\d?$/.test(value);
    if (!masking.matches(name) || isReference(value) || done) return value;
    const quote = /^(["']).*\1$/s.exec(value)?.[1] ?? '';
    const bare = quote ? value.slice(1, -1) : value;
    return bare === '' ? value : quote + masking.mask(name, bare) + quote;
  };
  return text
    .replace(LINE, (line: string, before: string, name: string, sign: string, rest: string) => {
      // A list or several pairs on one line are searched by the patterns below.
      if (/^[[{]/.test(rest) || isScrubbedRefusal(rest) || /\s[\w.-]+=/.test(rest)) return line;
      const value = rest.trimEnd().replace(/,$/, '');
      return before + name + sign + hide(name, value) + rest.slice(value.length);
    })
    .replace(
      QUERY,
      (_, mark: string, name: string, sign: string, value: string) =>
        mark + name + sign + hide(name, value),
    )
    .replace(
      ESCAPED,
      (_, before: string, name: string, between: string, value: string) =>
        before + name + between + hide(name, value),
    )
    .replace(
      PAIR,
      (pair: string, quote: string, name: string, sign: string, value: string, ...rest) => {
        const [offset, whole] = rest as [number, string];
        const start = offset + pair.length - value.length;
        if (isScrubbedRefusal(whole.slice(start, start + 40))) return pair;
        return quote + name + quote + sign + hide(name, value);
      },
    )
    .replace(
      FLAG,
      (_, flag: string, space: string, value: string) => flag + space + hide(flag, value),
    )
    .replace(
      ELEMENT,
      (_, name: string, value: string) => `<${name}>${hide(name, value)}</${name}>`,
    );
}

/** `$(NAME)`, `${NAME}`, `$NAME`: names where a value comes from and holds none. */
export function isReference(value: string): boolean {
  return /^["']?\$(\(\w+\)|\{\w+\}|[A-Z_][A-Z0-9_]*)["']?$/.test(value);
}
