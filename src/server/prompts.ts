import {
  ErrorCode,
  type GetPromptResult,
  McpError,
  type Prompt,
} from '@modelcontextprotocol/sdk/types.js';
import { PROMPTS } from '../agents/prompts/index.ts';

const LONGEST_ARGUMENT = 20_000;

/** Without a tool that changes something the roles that change or take back have nothing to work with. */
function offered(canWrite: boolean) {
  return PROMPTS.filter(({ name }) => canWrite || (name !== 'mitigate' && name !== 'undo'));
}

export function listPrompts(canWrite: boolean): Prompt[] {
  return offered(canWrite).map(({ name, title, description, arguments: args }) => ({
    name,
    title,
    description,
    arguments: args.map((argument) => ({ ...argument })),
  }));
}

/** @throws McpError InvalidParams for an unknown prompt and for missing or unknown arguments. */
export function getPrompt(
  name: string,
  given: Record<string, string>,
  canWrite: boolean,
): GetPromptResult {
  const prompts = offered(canWrite);
  const prompt = prompts.find((candidate) => candidate.name === name);
  if (prompt === undefined) {
    const names = prompts.map((candidate) => candidate.name).join(', ');
    throw invalid(`There is no prompt "${name}". There are: ${names}.`);
  }
  const known = prompt.arguments.map((argument) => argument.name);
  for (const [key, value] of Object.entries(given)) {
    if (!known.includes(key)) {
      throw invalid(`Prompt "${name}" has no argument "${key}". It has: ${known.join(', ')}.`);
    }
    if (value.length > LONGEST_ARGUMENT) throw invalid(`The argument "${key}" is too long.`);
  }
  for (const argument of prompt.arguments) {
    if (argument.required && !given[argument.name]?.trim()) {
      throw invalid(`Prompt "${name}" needs the argument "${argument.name}".`);
    }
  }
  const text = prompt.render(given);
  return {
    description: prompt.description,
    messages: [{ role: 'user', content: { type: 'text', text } }],
  };
}

function invalid(message: string): McpError {
  return new McpError(ErrorCode.InvalidParams, message);
}
