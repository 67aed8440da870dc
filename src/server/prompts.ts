import {
  ErrorCode,
  type GetPromptResult,
  type Prompt as ListedPrompt,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { knownIncident } from '../agents/known-incident.ts';
import { OPEN } from '../agents/machine.ts';
import type { Need, Prompt, PromptFacts } from '../agents/prompt.ts';
import { PROMPTS } from '../agents/prompts/index.ts';
import type { IncomingCall } from './call.ts';
import { invoke } from './invoke.ts';
import type { Runtime } from './runtime.ts';

const LONGEST_ARGUMENT = 20_000;
/** What a prompt tells of an incident is what this tool tells, so the policy and the audit log know it as that. */
const AS_TOOL = 'incident_status';
const HANDLE = /^inc-[1-9]\d{0,14}$/;

/** What tools there are for prompts to work with. */
export type Offered = ReadonlySet<Need>;

/** Without a tool that changes something the roles that change or take back have nothing to work with. */
function promptsFor(offered: Offered): readonly Prompt[] {
  return PROMPTS.filter(({ needs }) => needs.every((need) => offered.has(need)));
}

export function listPrompts(offered: Offered): ListedPrompt[] {
  return promptsFor(offered).map(({ name, title, description, arguments: args }) => ({
    name,
    title,
    description,
    arguments: args.map((argument) => ({ ...argument })),
  }));
}

/**
 * A prompt with what the journal knows of its incident.
 * @throws McpError InvalidParams for an unknown prompt, for missing, unknown or wrong arguments, and for an incident
 *   that there isn't or that may not be seen.
 */
export async function getPrompt(
  runtime: Runtime,
  request: { readonly name: string; readonly given: Record<string, string> },
  offered: Offered,
  call: Omit<IncomingCall, 'tool' | 'args'>,
): Promise<GetPromptResult> {
  const { name, given } = request;
  const prompt = checked(name, given, offered);
  const facts = {
    ...(await factsFor(runtime, prompt, given, call)),
    canRecord: offered.has('record'),
  };
  const text = prompt.render(given, facts);
  return {
    description: prompt.description,
    messages: [{ role: 'user', content: { type: 'text', text } }],
  };
}

function checked(name: string, given: Record<string, string>, offered: Offered): Prompt {
  const prompts = promptsFor(offered);
  const prompt = prompts.find((candidate) => candidate.name === name);
  if (prompt === undefined) {
    const names = prompts.map((candidate) => candidate.name).join(', ');
    throw invalid(`There is no prompt "${name.slice(0, 80)}". There are: ${names}.`);
  }
  const known = prompt.arguments.map((argument) => argument.name);
  for (const [key, value] of Object.entries(given)) {
    if (!known.includes(key)) {
      throw invalid(
        `Prompt "${name}" has no argument "${key.slice(0, 80)}". It has: ${known.join(', ')}.`,
      );
    }
    if (value.length > LONGEST_ARGUMENT) throw invalid(`The argument "${key}" is too long.`);
  }
  const handle = given.incident?.trim();
  if (handle && !HANDLE.test(handle)) {
    throw invalid(
      'incident is a handle such as inc-3. Words about what is wrong go into "report".',
    );
  }
  return prompt;
}

async function factsFor(
  runtime: Runtime,
  prompt: Prompt,
  given: Record<string, string>,
  call: Omit<IncomingCall, 'tool' | 'args'>,
): Promise<Omit<PromptFacts, 'canRecord'>> {
  const fence = runtime.ids.call().replaceAll('-', '').slice(0, 12);
  const handle = given.incident?.trim();
  if (!handle && prompt.name !== 'incident') return { open: [], fence };
  const args = handle ? { incident: handle } : { state: 'open', limit: 10 };
  const answer = await invoke(runtime, { ...call, tool: AS_TOOL, args });
  if (answer.isError === true) {
    if (!handle) return { open: [], fence };
    const said = answer.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n');
    throw invalid(said);
  }
  const journal = await runtime.journal();
  if (!handle) return { open: journal.incidents.list({ phases: OPEN, limit: 10 }).rows, fence };
  const row = journal.incidents.get(handle);
  if (row === undefined) throw invalid(`There is no incident ${handle}.`);
  return { known: knownIncident(journal, row), open: [], fence };
}

function invalid(message: string): McpError {
  return new McpError(ErrorCode.InvalidParams, message);
}
