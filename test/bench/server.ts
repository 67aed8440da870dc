import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { JsonObject } from '../../src/core/json.ts';
import { BIN, POLICY } from './bench.ts';

/** A server of `dist`, spoken to without an MCP library: what is measured is the server. */
export interface Server {
  readonly pid: number;
  /** Milliseconds from spawn until `initialize` was answered. */
  readonly initializeMs: number;
  /** @throws Error for a protocol error. */
  request(method: string, params?: JsonObject): Promise<JsonObject>;
  /** The structured answer of a tool. @throws Error for a refused call. */
  call(tool: string, args: JsonObject): Promise<JsonObject>;
  /** Resident memory in MB. */
  memory(): number;
  close(): Promise<void>;
}

const INITIALIZE = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'bench', version: '1.0.0' },
};

export async function startServer(options: {
  readonly kubeconfig: string;
  readonly journal: string;
  readonly bin?: string;
}): Promise<Server> {
  const { kubeconfig, journal } = options;
  const args = ['serve', '--kubeconfig', kubeconfig, '--journal', journal, '--policy', POLICY];
  return startMcp([options.bin ?? BIN, ...args]);
}

/** Any MCP server that Node runs with these arguments. */
export async function startMcp(args: readonly string[]): Promise<Server> {
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, STRATUS_LOG_LEVEL: 'silent' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map<number, (answer: JsonObject) => void>();
  let last = 0;
  let buffered = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    buffered += chunk;
    for (let end = buffered.indexOf('\n'); end >= 0; end = buffered.indexOf('\n')) {
      const message = JSON.parse(buffered.slice(0, end)) as JsonObject;
      buffered = buffered.slice(end + 1);
      const id = Number(message.id);
      waiting.get(id)?.(message);
      waiting.delete(id);
    }
  });
  const say = (message: object) =>
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const request = async (method: string, params: JsonObject = {}): Promise<JsonObject> => {
    last += 1;
    const id = last;
    const answer = await new Promise<JsonObject>((resolve) => {
      waiting.set(id, resolve);
      say({ id, method, params });
    });
    if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result as JsonObject;
  };

  await request('initialize', INITIALIZE);
  const initializeMs = performance.now() - started;
  say({ method: 'notifications/initialized' });
  return {
    pid: child.pid ?? 0,
    initializeMs,
    request,
    call: async (name, args_) => {
      const result = await request('tools/call', { name, arguments: args_ });
      if (result.isError) throw new Error(`${name}: ${JSON.stringify(result.content)}`);
      return result.structuredContent as JsonObject;
    },
    memory: () => {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    },
    close: async () => {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
