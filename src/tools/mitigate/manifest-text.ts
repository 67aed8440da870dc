import { LosslessNumber } from 'lossless-json';
import { type Document, LineCounter, parseAllDocuments, type Tags } from 'yaml';
import { StratusError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { isNotUnicode } from '../../core/plain-text.ts';

const MAX_CHARACTERS = 1_500_000;
const MAX_ALIASES = 100;
/** No object of Kubernetes comes near; what follows reads it by recursion. */
const MAX_DEPTH = 64;

// As kubectl reads YAML: 1.1, where 0644 is octal and yes is true, without its dates and times of day.
const OPTIONS = {
  version: '1.1',
  merge: true,
  intAsBigInt: true,
  prettyErrors: false,
  customTags: (tags: Tags): Tags =>
    tags.filter(
      (tag) =>
        typeof tag === 'string' ||
        (!('format' in tag && tag.format === 'TIME') && !tag.tag.endsWith(':timestamp')),
    ),
} as const;

/**
 * The documents of a YAML or JSON text; empty ones are left out. Large whole numbers stay exact.
 * @throws StratusError invalid_manifest with line and column.
 */
export function parseManifestText(text: string): Json[] {
  if (text.length > MAX_CHARACTERS) throw invalid('The manifest is larger than 1.5 MB.');
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { ...OPTIONS, lineCounter: lines });
  const documents: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  return documents.flatMap((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw invalidAt(lines, problem.pos[0], problem.message);
    let content: unknown;
    try {
      content = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      throw invalidAt(lines, document.range?.[0] ?? 0, (error as Error).message);
    }
    return content === null || content === undefined ? [] : [toJson(content)];
  });
}

function toJson(value: unknown, depth = 0): Json {
  if (depth > MAX_DEPTH) throw invalid(`The manifest is nested deeper than ${MAX_DEPTH} levels.`);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : new LosslessNumber(value.toString());
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth + 1));
  if (typeof value === 'string' && isNotUnicode(value)) {
    throw invalid('The manifest holds half of a surrogate pair, which is no Unicode text.');
  }
  if (typeof value === 'object' && value !== null) {
    if (Object.keys(value).some(isNotUnicode))
      throw invalid('A key of the manifest is no Unicode text.');
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, toJson(item, depth + 1)]),
    );
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw invalid(`${value} is no value that Kubernetes can store.`);
  }
  return value as Json;
}

function invalidAt(lines: LineCounter, offset: number, message: string): StratusError {
  const { line, col } = lines.linePos(offset);
  // The parser reads nesting by recursion and reports its end as a problem of the text.
  const problem = /call stack/i.test(message) ? 'it is nested too deeply' : message;
  return new StratusError(
    'invalid_manifest',
    `The manifest can't be read at line ${line}, column ${col}: ${problem}.`,
    { details: { line, column: col } },
  );
}

function invalid(message: string): StratusError {
  return new StratusError('invalid_manifest', message);
}
