import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema, type ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import type { JsonObject } from '../../src/core/json.ts';
import { leaseFor, leaseVariable, makeLease } from '../cluster/lease.ts';

const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
export const STORY_POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));

export interface ServerOptions {
  readonly kubeconfig: string;
  readonly journal: string;
  readonly policy?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Shown in the audit log. */
  readonly clientName?: string;
  readonly clientVersion?: string;
  /** Answers elicitations; without it the client declares that it can't. */
  readonly elicit?: (message: string) => ElicitResult | Promise<ElicitResult>;
}

/** What a tool call answered, as a model would see it. */
export interface Answer {
  readonly isError: boolean;
  /** structuredContent; empty for an error. */
  readonly data: JsonObject;
  readonly text: string;
}

/** A real MCP client over stdio, and the server process it spawned. */
export interface Assistant {
  readonly client: Client;
  readonly pid: number;
  /** Everything the server wrote to stderr. */
  stderr(): string;
  call(tool: string, args: JsonObject): Promise<Answer>;
  /** Resolves when the server process has ended. */
  readonly exited: Promise<void>;
  close(): Promise<void>;
}

export async function startAssistant(options: ServerOptions): Promise<Assistant> {
  if (options.env?.STRATUS_LEASE === undefined)
    await makeLease(options.kubeconfig, leaseFor(options.journal));
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      BIN,
      'serve',
      '--kubeconfig',
      options.kubeconfig,
      '--journal',
      options.journal,
      '--policy',
      options.policy ?? STORY_POLICY,
    ],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      ...leaseVariable(options.journal),
      ...options.env,
    },
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const { clientName: name = 'scripted-assistant', clientVersion: version = '1.0.0' } = options;
  const { elicit } = options;
  const client = new Client(
    { name, version },
    { capabilities: elicit === undefined ? {} : { elicitation: {} } },
  );
  if (elicit !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicit(params.message));
  }
  const exited = new Promise<void>((resolve) => {
    client.onclose = () => resolve();
  });
  await client.connect(transport);
  return {
    client,
    pid: transport.pid ?? 0,
    stderr: () => stderr,
    exited,
    call: async (name, args) => {
      const result = await client.callTool({ name, arguments: args }, undefined, {
        timeout: 180_000,
        resetTimeoutOnProgress: true,
        onprogress: () => undefined,
      });
      const content = Array.isArray(result.content) ? result.content : [];
      const text = content
        .map((part: { type: string; text?: string }) =>
          part.type === 'text' ? (part.text ?? '') : '',
        )
        .join('\n');
      return {
        isError: result.isError === true,
        data: (result.structuredContent ?? {}) as JsonObject,
        text,
      };
    },
    close: () => client.close(),
  };
}
