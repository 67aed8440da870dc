import { isScrubbedRefusal, scrubRefusals } from './redact-refusal.ts';

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

// HTTP headers that authenticate, whatever the policy's patterns are.
const AUTHENTICATING = /^(proxy-)?authorization$|^(set-)?cookie$/i;

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
  return (name) => AUTHENTICATING.test(name) || patterns.some((pattern) => pattern.test(name));
}

/**
 * The mark in the place of a value. It tells the length and nothing else: even a cut hash of a weak
 * password can be searched for.
 */
export function redactionMark(bytes: number, note?: string): string {
  return `<redacted: ${bytes} ${bytes === 1 ? 'byte' : 'bytes'}${note ? `, ${note}` : ''}>`;
}

/** Masks what looks like a credential by its shape: passwords in URLs, private keys, bearer tokens, JWTs. */
export function scrubShapes(text: string, masking: Masking): string {
  const hide = (value: string) => masking.mask('', value);
  return text
    .replace(
      /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
      hide,
    )
    .replace(
      /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@]{0,200}):([^\s/@]{1,500})@/gi,
      (_, before: string, password: string) => `${before}:${hide(password)}@`,
    )
    .replace(/(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, hide)
    .replace(
      /\b(bearer\s+|authorization["']?\s*[:=]\s*["']?(?:basic|token)\s+)([\w.~+/=-]{8,})/gi,
      (_, before: string, token: string) => before + hide(token),
    );
}

/**
 * Masks credentials in free text (logs, messages, scripts, configuration files): by shape, and the
 * value after a name that matches, as in `password=…`, `"password": "…"`, `--password …`,
 * `<password>…</password>`, YAML block scalars and refusals of the API server.
 */
export function scrubText(text: string, masking: Masking): string {
  const refused = scrubRefusals(text, masking);
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
const FLAG = /(?<=^|\s)(--?[A-Za-z][\w-]{1,60})(\s+)([^\s-]\S*)/g;
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
