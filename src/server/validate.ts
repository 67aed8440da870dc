import type { z } from 'zod';
import { editDistance } from '../core/edit-distance.ts';
import { StratusError } from '../core/errors.ts';
import type { Tool } from '../tools/types.ts';
import { expectedShape } from './expected-shape.ts';

const ISSUES_SHOWN = 5;
const TYPING_ERRORS = 2;
const LONGEST_NAME = 40;

/**
 * The arguments of a call, checked against the tool's own schema.
 * @param under where they stand in the arguments of the whole call: `commands[1].arguments.`
 * @throws StratusError invalid_arguments that names each bad argument and what was expected.
 */
export function validate(tool: Tool, args: unknown, under = ''): Record<string, unknown> {
  const result = tool.input.safeParse(args);
  if (result.success) return result.data;
  throw new StratusError(
    'invalid_arguments',
    sentences(tool, result.error.issues, under).join(' '),
  );
}

function sentences(tool: Tool, issues: readonly z.core.$ZodIssue[], under: string): string[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [],
  );
  const others = issues.filter(
    (issue) => issue.code !== 'unrecognized_keys' || issue.path.length > 0,
  );
  const out: string[] = [];
  if (unknown.length > 0) {
    const word = unknown.length === 1 ? 'argument' : 'arguments';
    const expected = Object.keys(tool.input.shape).map(quote).join(', ');
    const near = unknown.flatMap((name) => meant(tool, name) ?? []);
    out.push(
      `Unknown ${word} for tool "${tool.name}": ${unknown.map((name) => quote(under + name)).join(', ')}. Expected arguments: ${expected}.`,
    );
    if (near.length > 0) out.push(`Did you mean ${near.map(quote).join(', ')}?`);
  }
  for (const issue of others.slice(0, ISSUES_SHOWN)) out.push(sentence(tool, issue, under));
  if (others.length > ISSUES_SHOWN) out.push(`${others.length - ISSUES_SHOWN} more are wrong.`);
  return out;
}

function sentence(tool: Tool, issue: z.core.$ZodIssue, under: string): string {
  const path = issue.path.map(String).join('.');
  const where = `for tool "${tool.name}"`;
  if (path === '') return `Invalid arguments ${where}: ${issue.message}.`;
  const [, missing] = MISSING.exec(issue.message) ?? [];
  const said =
    missing === undefined
      ? `Invalid argument ${quote(under + path)} ${where}: ${issue.message}.`
      : `Missing argument ${quote(under + path)} ${where}: expected ${missing}.`;
  const form = MISSHAPEN.has(issue.code) ? expectedShape(tool.input, issue.path) : undefined;
  return form === undefined ? said : `${said} Its form: ${form}.`;
}

/** Where the form of the argument says more than what was wrong with it. */
const MISSHAPEN = new Set<string | undefined>([
  'unrecognized_keys',
  'invalid_type',
  'invalid_union',
]);

// JSON knows no undefined: what zod received as such was left out.
const MISSING = /^Invalid input: expected (.+), received undefined$/;

/** The argument that an unknown one may have meant. */
function meant(tool: Tool, unknown: string): string | undefined {
  return Object.keys(tool.input.shape).find(
    (name) => editDistance(name, unknown.slice(0, LONGEST_NAME)) <= TYPING_ERRORS,
  );
}

const quote = (text: string) => `"${text.slice(0, 80)}"`;
