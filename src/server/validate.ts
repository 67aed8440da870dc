import type { z } from 'zod';
import { StratusError } from '../core/errors.ts';
import type { Tool } from '../tools/types.ts';

const ISSUES_SHOWN = 5;

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
    out.push(
      `Unknown ${word} for tool "${tool.name}": ${unknown.map((name) => quote(under + name)).join(', ')}. Expected arguments: ${expected}.`,
    );
  }
  for (const issue of others.slice(0, ISSUES_SHOWN)) {
    const path = issue.path.map(String).join('.');
    out.push(
      path === ''
        ? `Invalid arguments for tool "${tool.name}": ${issue.message}.`
        : `Invalid argument ${quote(under + path)} for tool "${tool.name}": ${issue.message}.`,
    );
  }
  if (others.length > ISSUES_SHOWN) out.push(`${others.length - ISSUES_SHOWN} more are wrong.`);
  return out;
}

const quote = (text: string) => `"${text.slice(0, 80)}"`;
