import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { at, type Json, parseJson } from '../../src/core/json.ts';
import { leaseFor, leaseVariable, makeLease } from '../cluster/lease.ts';

const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** A server spoken to in plain lines, for what an SDK's client would hide. */
export interface RawServer {
  readonly child: ChildProcessWithoutNullStreams;
  /** Sends a call and returns its id at once. */
  send(tool: string, args: object): number;
  /** The result with that id. */
  result(id: number): Promise<Json | undefined>;
  call(tool: string, args: object): Promise<Json | undefined>;
  /** Code and signal, and how long after `since` (performance.now) it was gone. */
  gone(since: number): Promise<{ code: number | null; signal: string | null; ms: number }>;
  /** Throws unless each line of stdout was a JSON-RPC message. */
  expectPureStdout(): void;
  stderr(): string;
}

export async function startRaw(options: {
  readonly kubeconfig: string;
  readonly journal: string;
  readonly policy: string;
  /** Doesn't say hello: the start is meant to fail. */
  readonly expectFailure?: boolean;
}): Promise<RawServer> {
  const { kubeconfig, journal, policy } = options;
  await makeLease(kubeconfig, leaseFor(journal));
  const files = ['--kubeconfig', kubeconfig, '--journal', journal, '--policy', policy];
  const child = spawn(process.execPath, [BIN, 'serve', ...files, '--log-level', 'trace'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...leaseVariable(journal) },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A server that is gone takes no more lines; the test sees that by itself.
  child.stdin.on('error', () => undefined);
  let end: { code: number | null; signal: string | null; at: number } | undefined;
  child.on('exit', (code, signal) => {
    end = { code, signal, at: performance.now() };
  });
  let lastId = 0;
  const write = (message: object) => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  const request = (method: string, params: object) => {
    lastId += 1;
    write({ id: lastId, method, params });
    return lastId;
  };
  const messages = () =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => parseJson(line));
  const result = async (id: number) => {
    const found = await expect
      .poll(() => messages().find((message) => at(message, 'id') === id), { timeout: 60_000 })
      .toBeDefined()
      .then(() => messages().find((message) => at(message, 'id') === id));
    return at(found, 'result');
  };
  const send = (name: string, args: object) => request('tools/call', { name, arguments: args });
  if (options.expectFailure !== true) {
    const clientInfo = { name: 'raw', version: '1' };
    const hello = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
    await result(request('initialize', hello));
    write({ method: 'notifications/initialized' });
  }
  return {
    child,
    send,
    result,
    call: (tool, args) => result(send(tool, args)),
    gone: async (since) => {
      await expect.poll(() => end, { timeout: 30_000, interval: 10 }).toBeDefined();
      const { code = null, signal = null, at: when = 0 } = end ?? {};
      return { code, signal, ms: when - since };
    },
    expectPureStdout: () => {
      const lines = stdout.trimEnd().split('\n');
      for (const line of lines) expect(at(parseJson(line), 'jsonrpc'), line).toBe('2.0');
    },
    stderr: () => stderr,
  };
}
