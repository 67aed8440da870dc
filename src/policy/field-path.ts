/**
 * Field paths, concrete ones and the patterns of rules.
 *
 * ```
 * path    = (key | bracket) { "." key | bracket }
 * key     = characters other than . [ ] " = and white space
 * bracket = "[" ( quoted key | index | pair { "," pair } ) "]"
 * pair    = [ name ] "=" value            an element of a keyed list; without a name: of a set
 * value   = quoted text | characters other than , [ ] "
 * ```
 * `spec.template.spec.containers[name=web].image`, `metadata.annotations["example.com/a"]`,
 * `spec.ports[containerPort=80,protocol=TCP]`, `spec.args[0]`, `metadata.finalizers[="a/b"]`.
 *
 * A pattern knows in addition: `*` and `?` inside keys and values, `[*]` for any list element and
 * `**` for any number of segments. It names a field and everything below it.
 */
import { compileGlob, type Glob } from './glob.ts';

/** One step of a concrete path: into a map, to a position, or to the element with these keys. */
export type PathSegment =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'element'; readonly keys: readonly (readonly [string, string])[] };

export type FieldPath = readonly PathSegment[];

type PatternSegment =
  | { readonly kind: 'key'; readonly glob: Glob }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'element'; readonly keys: readonly (readonly [string, Glob])[] }
  | { readonly kind: 'any' }
  | { readonly kind: 'deep' };

export interface FieldPattern {
  readonly text: string;
  readonly segments: readonly PatternSegment[];
}

/**
 * `covers`: the pattern names the path or something above it, so all of the change is inside.
 * `touches`: the change may reach into what the pattern names, because the path lies above it or
 * addresses a list element in another way. `apart`: neither.
 */
export type FieldMatch = 'covers' | 'touches' | 'apart';

/** @throws SyntaxError with the position when the text isn't a path. */
export function parseFieldPath(text: string): FieldPath {
  return scan(text).map(({ raw, ...segment }) => {
    if (segment.kind === 'key' || raw !== '[*]') return segment;
    throw new SyntaxError(`[*] names no single element in the field path ${text}`);
  });
}

/** @throws SyntaxError with the position when the text isn't a pattern. */
export function parseFieldPattern(text: string): FieldPattern {
  const segments = scan(text).map(({ raw, ...segment }): PatternSegment => {
    if (raw === '[*]') return { kind: 'any' };
    if (raw === '**') return { kind: 'deep' };
    if (segment.kind === 'key') return { kind: 'key', glob: compileGlob(segment.key) };
    if (segment.kind === 'index') return segment;
    return { kind: 'element', keys: segment.keys.map(([k, v]) => [k, compileGlob(v)]) };
  });
  return { text, segments };
}

/** Writes a path so that {@link parseFieldPath} reads it back. */
export function formatFieldPath(path: FieldPath): string {
  return path.map(formatSegment).join('').replace(/^\./, '');
}

function formatSegment(segment: PathSegment): string {
  if (segment.kind === 'index') return `[${segment.index}]`;
  if (segment.kind === 'key') {
    return /^[\w-]+$/.test(segment.key) ? `.${segment.key}` : `[${JSON.stringify(segment.key)}]`;
  }
  const pairs = segment.keys.map(
    ([key, value]) => `${key}=${/^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value)}`,
  );
  return `[${pairs.join(',')}]`;
}

export function matchField(pattern: FieldPattern, path: FieldPath): FieldMatch {
  if (reaches(pattern.segments, path, coversSegment)) return 'covers';
  if (reaches(pattern.segments, path, maybeSegment)) return 'touches';
  return liesAbove(pattern.segments, path) ? 'touches' : 'apart';
}

type SegmentTest = (pattern: PatternSegment, segment: PathSegment) => boolean;

/** Walks all positions the pattern can be in; reaching its end anywhere along the path is a match. */
function reaches(
  pattern: readonly PatternSegment[],
  path: FieldPath,
  matches: SegmentTest,
): boolean {
  let positions = skipDeep(pattern, [0]);
  for (const segment of path) {
    if (positions.has(pattern.length)) return true;
    const next: number[] = [];
    for (const position of positions) {
      const expected = pattern[position];
      if (expected === undefined) continue;
      if (expected.kind === 'deep') next.push(position);
      else if (matches(expected, segment)) next.push(position + 1);
    }
    positions = skipDeep(pattern, next);
  }
  return positions.has(pattern.length);
}

function skipDeep(pattern: readonly PatternSegment[], positions: readonly number[]): Set<number> {
  const all = new Set<number>();
  for (let position of positions) {
    all.add(position);
    while (pattern[position]?.kind === 'deep') all.add(++position);
  }
  return all;
}

/** After a `**` every path would lie above the pattern, so only the part before it is compared. */
function liesAbove(pattern: readonly PatternSegment[], path: FieldPath): boolean {
  return path.every((segment, i) => {
    const expected = pattern[i];
    return expected !== undefined && expected.kind !== 'deep' && maybeSegment(expected, segment);
  });
}

function coversSegment(pattern: PatternSegment, segment: PathSegment): boolean {
  if (pattern.kind === 'any') return segment.kind !== 'key';
  if (pattern.kind === 'key') return segment.kind === 'key' && pattern.glob(segment.key);
  if (pattern.kind === 'index') return segment.kind === 'index' && pattern.index === segment.index;
  if (pattern.kind === 'deep' || segment.kind !== 'element') return false;
  return pattern.keys.every(([key, glob]) => segment.keys.some(([k, v]) => k === key && glob(v)));
}

/** Two list elements addressed in different ways may be the same one; so may `.0` and `[0]`. */
function maybeSegment(pattern: PatternSegment, segment: PathSegment): boolean {
  if (segment.kind === 'key' && pattern.kind !== 'key' && /^\d+$/.test(segment.key)) {
    return maybeSegment(pattern, { kind: 'index', index: Number(segment.key) });
  }
  if (pattern.kind === 'element' && segment.kind === 'element') {
    return pattern.keys.every(([key, glob]) =>
      segment.keys.every(([k, v]) => k !== key || glob(v)),
    );
  }
  if (pattern.kind === 'element') return segment.kind === 'index';
  if (pattern.kind === 'index' && segment.kind === 'element') return true;
  return coversSegment(pattern, segment);
}

type ScannedSegment = PathSegment & { readonly raw: string };

const KEY = /[^.[\]"=\s]+/y;
const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const BARE_VALUE = /[^,[\]"]+/y;
const PAIR_NAME = /[^.[\]"=,\s]*=/y;
const INDEX = /\d+(?=\])/y;

function scan(text: string): ScannedSegment[] {
  const segments: ScannedSegment[] = [];
  let at = 0;
  const fail = (expected: string): never => {
    throw new SyntaxError(
      `expected ${expected} at character ${at + 1} of the field path ${JSON.stringify(text)}`,
    );
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const takeQuoted = (): string | undefined => {
    const start = at;
    const quoted = take(QUOTED);
    if (quoted === undefined) return undefined;
    try {
      return JSON.parse(quoted) as string;
    } catch {
      at = start;
      return fail('text quoted as in JSON');
    }
  };
  const takePair = (): readonly [string, string] => {
    const name = take(PAIR_NAME) ?? fail('name=value, an index or a quoted key');
    return [name.slice(0, -1), takeQuoted() ?? take(BARE_VALUE) ?? fail('a value')];
  };
  const takeBracket = (): PathSegment => {
    if (text.startsWith('*]', at)) {
      at += 1;
      return { kind: 'element', keys: [] };
    }
    const key = takeQuoted();
    if (key !== undefined) return { kind: 'key', key };
    const index = take(INDEX);
    if (index !== undefined) return { kind: 'index', index: Number(index) };
    const keys = [takePair()];
    while (text[at] === ',') {
      at += 1;
      const pair = takePair();
      if (keys.some(([name]) => name === pair[0])) fail(`another key than ${pair[0]} before it`);
      keys.push(pair);
    }
    return { kind: 'element', keys };
  };
  do {
    const start = at;
    if (text[at] === '[') {
      at += 1;
      const segment = takeBracket();
      if (text[at] !== ']') fail('a closing bracket');
      at += 1;
      segments.push({ ...segment, raw: text.slice(start, at) });
    } else {
      if (segments.length > 0) {
        if (text[at] !== '.') fail('a dot or a bracket');
        at += 1;
      }
      const key = take(KEY) ?? fail('a key');
      segments.push({ kind: 'key', key, raw: key });
    }
  } while (at < text.length);
  return segments;
}
