import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { type Json, type JsonObject, objectOf } from '../core/json.ts';
import { buildServer } from './build-server.ts';
import type { Runtime } from './runtime.ts';

/** What a tool call answered, as a model would see it. */
export interface ClientAnswer {
  readonly isError: boolean;
  /** structuredContent; empty for an error. */
  readonly data: JsonObject;
  readonly text: string;
}

export interface InProcessClient {
  /** @throws McpError for an error of the protocol; a tool's own error is an answer. */
  call(tool: string, args: JsonObject): Promise<ClientAnswer>;
  close(): Promise<void>;
}

/** Longer than any call of a demonstration settles. */
const CALL_MS = 120_000;

/** The server and an MCP client of it in this process: the protocol's messages in between, no pipe. */
export async function connectInProcess(
  runtime: Runtime,
  client: { readonly name: string; readonly version: string },
): Promise<InProcessClient> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const assistant = new Client(client);
  await buildServer(runtime).connect(far);
  await assistant.connect(near);
  return {
    call: async (name, args) => {
      const result = await assistant.callTool({ name, arguments: args }, undefined, {
        timeout: CALL_MS,
      });
      const parts = Array.isArray(result.content) ? result.content : [];
      return {
        isError: result.isError === true,
        data: objectOf(result.structuredContent as Json | undefined),
        text: parts.map((part: { text?: string }) => part.text ?? '').join('\n'),
      };
    },
    close: () => assistant.close(),
  };
}
