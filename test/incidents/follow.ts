import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { JsonObject } from '../../src/core/json.ts';

/** A call that a prompt names, on a line of its own. */
export interface NamedCall {
  readonly tool: string;
  readonly args: JsonObject;
}

/** The text of a prompt, as a client gets it. */
export async function promptOf(
  client: Client,
  name: string,
  args: Record<string, string> = {},
): Promise<string> {
  const { messages } = await client.getPrompt({ name, arguments: args });
  return messages.map(({ content }) => (content.type === 'text' ? content.text : '')).join('\n');
}

/** A prompt without what is fenced off as data: all that a reader may follow. */
export function outsideFences(text: string): string {
  const kept: string[] = [];
  let fence: string | undefined;
  for (const line of text.split('\n')) {
    const [, opened] = /^<untrusted-data id="([^"]+)">$/.exec(line) ?? [];
    if (fence === undefined && opened !== undefined) fence = opened;
    else if (fence === undefined) kept.push(line);
    else if (line.startsWith(`</untrusted-data id="${fence}">`)) fence = undefined;
  }
  return kept.join('\n');
}

/** What is fenced off, as far as it is closed again. */
export function insideFences(text: string): string {
  const outside = new Set(outsideFences(text).split('\n'));
  return text
    .split('\n')
    .filter((line) => !outside.has(line))
    .join('\n');
}

/** The calls that a prompt names, in its order. */
export function callsOf(text: string): NamedCall[] {
  return outsideFences(text)
    .split('\n')
    .flatMap((line) => {
      const [, tool, args] = /^\s+([a-z]+_[a-z_]+) (\{.*\})$/.exec(line) ?? [];
      return tool === undefined || args === undefined
        ? []
        : [{ tool, args: JSON.parse(args) as JsonObject }];
    });
}

/** True for an argument that the reader has to fill in. */
export function isBlank(value: unknown): boolean {
  return JSON.stringify(value ?? null).includes('<');
}
