import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { onTestFinished } from 'vitest';
import { openJournalReader } from '../../src/journal/open.ts';
import type { AuditRow } from '../../src/journal/types.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The server from its sources: these tests need no build. */
export const SERVER = ['--import', 'tsx', join(ROOT, 'src', 'bin.ts')];

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-server-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The environment of a server without a cluster, apart from the journal. */
export function environment(folder: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    KUBECONFIG: join(folder, 'no-kubeconfig'),
    STRATUS_JOURNAL: join(folder, 'journal.db'),
    STRATUS_LOG_LEVEL: 'silent',
  };
}

export interface Session {
  readonly client: Client;
  readonly folder: string;
  /** Calls a tool and answers what a model would be shown. */
  call(tool: string, args?: Record<string, unknown>): Promise<Answer>;
  /** The audit log, oldest first. */
  audit(): AuditRow[];
}

export interface Answer {
  readonly isError: boolean;
  readonly text: string;
  readonly payload: Record<string, unknown>;
}

/** A real client over stdio. The SDK's client validates structuredContent by the published schemas. */
export async function connect(
  options: { args?: string[]; env?: Record<string, string>; folder?: string } = {},
): Promise<Session> {
  const folder = options.folder ?? temporaryFolder();
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...SERVER, ...(options.args ?? [])],
    env: { ...environment(folder), ...options.env },
    cwd: ROOT,
    stderr: 'inherit',
  });
  const client = new Client({ name: 'tests', version: '1.2.3' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  // The client knows the output schemas only after it has listed the tools.
  await client.listTools();
  const path = options.env?.STRATUS_JOURNAL ?? join(folder, 'journal.db');
  return {
    client,
    folder,
    call: async (tool, args = {}) => {
      const result = await client.callTool({ name: tool, arguments: args });
      const [first] = result.content as { type: string; text: string }[];
      return {
        isError: result.isError === true,
        text: first?.text ?? '',
        payload: (result.structuredContent ?? {}) as Record<string, unknown>,
      };
    },
    audit: () => {
      const journal = openJournalReader({ path });
      try {
        return journal.audit.query({ limit: 100 }).rows.toReversed();
      } finally {
        journal.close();
      }
    },
  };
}
