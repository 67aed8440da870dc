import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { nearest } from './near.ts';
import { policyJsonSchema } from './schema.ts';

/** One thing that is wrong in a policy file. */
export interface PolicyProblem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly reason: string;
}

export type KeyPath = readonly PropertyKey[];

/** Finds places of a YAML document and words problems there. */
export class ProblemFinder {
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  atOffset(offset: number, reason: string): PolicyProblem {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), reason };
  }

  /** At the value under the path or, where there is none, at the nearest thing above it. */
  at(path: KeyPath, reason: string): PolicyProblem {
    return this.atOffset(this.#walk(path).offset, reason);
  }

  fromIssue(issue: z.core.$ZodIssue): PolicyProblem[] {
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(issue.path);
      return issue.keys.map((key) => {
        const near = nearest(key, known);
        const hint = near ? `did you mean ${near}?` : `known here: ${known.join(', ')}`;
        return this.atOffset(
          this.#offsetOfKey(issue.path, key),
          `${prefix(issue.path)}unknown key ${key}; ${hint}`,
        );
      });
    }
    const { found } = this.#walk(issue.path);
    const last = issue.path.at(-1);
    if (!found && last !== undefined && issue.code !== 'custom') {
      const parent = prefix(issue.path.slice(0, -1));
      return [this.at(issue.path, `${parent}required key ${String(last)} is missing`)];
    }
    return [this.at(issue.path, `${prefix(issue.path)}${this.#sentence(issue)}`)];
  }

  #sentence(issue: z.core.$ZodIssue): string {
    const { value } = this.#walk(issue.path);
    switch (issue.code) {
      case 'invalid_type': {
        const quote =
          issue.expected === 'string' && !isCollection(value) ? '; put it in quotes' : '';
        return `must be ${typeName(issue.expected)}, not ${show(value)}${quote}`;
      }
      case 'invalid_value': {
        const allowed = issue.values.map(String);
        const near = typeof value === 'string' ? nearest(value, allowed) : undefined;
        const hint = near ? `; did you mean ${near}?` : '';
        return `must be ${allowed.join(', ').replace(/, ([^,]*)$/, ' or $1')}, not ${show(value)}${hint}`;
      }
      case 'too_big':
        return issue.origin === 'string' || issue.origin === 'array'
          ? `is too long: at most ${issue.maximum}`
          : `must be at most ${issue.maximum}, not ${show(value)}`;
      case 'too_small':
        if (issue.origin === 'array' || issue.origin === 'string') return 'must not be empty';
        return `must be at least ${issue.minimum}, not ${show(value)}`;
      case 'invalid_format':
        return `${issue.message}, not ${show(value)}`;
      default:
        return issue.message;
    }
  }

  #walk(path: KeyPath): { offset: number; found: boolean; value: unknown } {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const key of path) {
      if (isAlias(node)) node = node.resolve(this.#document);
      const child = isSeq(node) || isMap(node) ? node.get(key, true) : undefined;
      if (child === undefined) return { offset, found: false, value: undefined };
      node = child;
      offset = startOf(node) ?? offset;
    }
    if (isAlias(node)) node = node.resolve(this.#document);
    return { offset, found: true, value: isScalar(node) ? node.value : node };
  }

  #offsetOfKey(path: KeyPath, key: string): number {
    let node: unknown =
      path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    if (isAlias(node)) node = node.resolve(this.#document);
    const pair = isMap(node)
      ? node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === key)
      : undefined;
    return startOf(pair?.key) ?? this.#walk(path).offset;
  }
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function isCollection(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** `rules[2].tools: `, empty at the root. */
function prefix(path: KeyPath): string {
  const text = path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
  return text && `${text}: `;
}

function typeName(expected: string): string {
  const names: Record<string, string> = {
    array: 'a list',
    object: 'a map',
    record: 'a map',
    string: 'text',
    int: 'a whole number',
    number: 'a number',
  };
  return names[expected] ?? expected;
}

function show(value: unknown): string {
  if (isSeq(value)) return 'a list';
  if (isMap(value)) return 'a map';
  if (value === null || value === undefined) return 'nothing';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

interface SchemaNode {
  readonly properties?: Record<string, SchemaNode>;
  readonly items?: SchemaNode;
}

function knownKeys(path: KeyPath): string[] {
  let node: SchemaNode | undefined = policyJsonSchema() as SchemaNode;
  for (const key of path) {
    node = typeof key === 'number' ? node?.items : node?.properties?.[String(key)];
  }
  return Object.keys(node?.properties ?? {});
}
