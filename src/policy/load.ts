import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';
import { StratusError } from '../core/errors.ts';
import { createPolicy, type ExplainingPolicy } from './evaluate.ts';
import { nearest } from './near.ts';
import { type KeyPath, type PolicyProblem, ProblemFinder } from './problems.ts';
import { type PolicyDocument, policySchema } from './schema.ts';

/** Names of the policies that come with the package. */
export const BUILT_IN_POLICIES = ['read-only', 'default', 'autonomous'] as const;

const MAX_BYTES = 1_048_576;

/**
 * Loads a policy file, or a built-in policy by its name (`./default` means a file of that name).
 * @throws StratusError policy_invalid; `details.problems` has line, column and reason of each.
 */
export function loadPolicy(pathOrName: string): ExplainingPolicy {
  const source = policyPath(pathOrName);
  const bytes = readPolicy(pathOrName, source);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const document = parsePolicy(bytes, source);
  return createPolicy(document, { source, digest, text: bytes.toString() });
}

/** The path of the file that a path or built-in name stands for. */
export function policyPath(pathOrName: string): string {
  if (!BUILT_IN_POLICIES.some((name) => name === pathOrName)) return pathOrName;
  return fileURLToPath(new URL(`../../policies/${pathOrName}.yaml`, import.meta.url));
}

/** @throws StratusError policy_invalid. `source` is for messages. */
export function parsePolicy(bytes: Uint8Array, source: string): PolicyDocument {
  if (bytes.length > MAX_BYTES) {
    throw invalid(source, [{ line: 1, column: 1, reason: 'the file is larger than 1 MiB' }]);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(source, [{ line: 1, column: 1, reason: 'the file is not UTF-8 text' }]);
  }
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const finder = new ProblemFinder(yaml, lines);
  const syntax = [...yaml.errors, ...yaml.warnings];
  if (syntax.length > 0) {
    throw invalid(
      source,
      syntax.map(({ message, pos }) => finder.atOffset(pos[0], message)),
    );
  }
  let content: unknown;
  try {
    content = yaml.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(source, [finder.at([], (error as Error).message)]);
  }
  if (content === null) throw invalid(source, [finder.at([], 'the file is empty')]);
  const parsed = policySchema.safeParse(content);
  const problems = (parsed.error?.issues ?? []).flatMap((issue) => finder.fromIssue(issue));
  problems.push(...duplicateIds(content).map(({ path, reason }) => finder.at(path, reason)));
  if (parsed.data) {
    problems.push(
      ...contradictions(parsed.data).map(({ path, reason }) => finder.at(path, reason)),
    );
  }
  if (!parsed.data || problems.length > 0) throw invalid(source, problems);
  return parsed.data;
}

interface Finding {
  readonly path: KeyPath;
  readonly reason: string;
}

/** On the raw content, so that it is told together with everything else that is wrong. */
function duplicateIds(content: unknown): Finding[] {
  const rules = (content as { rules?: unknown } | undefined)?.rules;
  if (!Array.isArray(rules)) return [];
  const seen = new Map<string, number>();
  return rules.flatMap((rule, i): Finding[] => {
    const id: unknown = (rule as { id?: unknown } | null)?.id;
    if (typeof id !== 'string') return [];
    const first = seen.get(id);
    if (first === undefined) {
      seen.set(id, i);
      return [];
    }
    return [
      { path: ['rules', i, 'id'], reason: `rules[${i}].id: ${id} already names rules[${first}]` },
    ];
  });
}

/** Values that are fine alone and can't work together. */
function contradictions({ bounds, severity }: PolicyDocument): Finding[] {
  const { timeoutSeconds, stableSeconds, minPodAgeSeconds } = severity.settle;
  const path = ['severity', 'settle', 'timeoutSeconds'];
  const needed = Math.max(stableSeconds, minPodAgeSeconds);
  if (timeoutSeconds <= needed) {
    const reason = `${path.join('.')}: must be more than stableSeconds and minPodAgeSeconds (${needed}), or no commit can pass`;
    return [{ path, reason }];
  }
  if (timeoutSeconds > bounds.minutes * 60) {
    const reason = `bounds.minutes: leaves no time to settle (${path.join('.')} is ${timeoutSeconds})`;
    return [{ path: ['bounds', 'minutes'], reason }];
  }
  return [];
}

function readPolicy(pathOrName: string, source: string): Buffer {
  try {
    return readFileSync(source);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const near = nearest(pathOrName, BUILT_IN_POLICIES);
    throw new StratusError('policy_invalid', `The policy ${source} can't be read (${code}).`, {
      next: near
        ? `Did you mean the built-in policy ${near}? Else name an existing file.`
        : `Name an existing file, or a built-in policy: ${BUILT_IN_POLICIES.join(', ')}.`,
      details: { file: source },
      cause: error,
    });
  }
}

function invalid(source: string, problems: readonly PolicyProblem[]): StratusError {
  const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const shown = sorted
    .slice(0, 5)
    .map(({ line, column, reason }) => `line ${line}, column ${column}: ${reason}`);
  const more = sorted.length > 5 ? `; and ${sorted.length - 5} more` : '';
  return new StratusError(
    'policy_invalid',
    `The policy ${source} is invalid: ${shown.join('; ')}${more}.`,
    { details: { file: source, problems: sorted.map((problem) => ({ ...problem })) } },
  );
}
