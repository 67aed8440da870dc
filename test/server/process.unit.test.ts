import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { environment, ROOT, SERVER, temporaryFolder } from './support.ts';

/** What the server promises, and what a loaded machine may add to notice it. */
const EXIT_MS = 2_000;

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
};
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };
const call = (id: number, name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

function start(args: string[] = [], env: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const child = spawn(process.execPath, [...SERVER, ...args], {
    cwd: ROOT,
    env: { ...environment(folder), ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  return { child, out, err, exited, folder };
}

function collect(stream: NodeJS.ReadableStream): { text: string } {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (text: string) => {
    collected.text += text;
  });
  return collected;
}

function send(child: ChildProcessWithoutNullStreams, ...messages: object[]): void {
  child.stdin.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
}

async function answered(out: { text: string }, id: number): Promise<void> {
  await expect.poll(() => out.text, { timeout: 20_000 }).toContain(`"id":${id}`);
}

test('stdout carries protocol only, also at the most talkative log level', async () => {
  const { child, out, err, exited } = start([], { STRATUS_LOG_LEVEL: 'trace' });
  send(child, INITIALIZE, INITIALIZED, { jsonrpc: '2.0', id: 2, method: 'tools/list' });
  child.stdin.write('this is not JSON\n{"jsonrpc":"2.0"}\n');
  send(child, call(3, 'observe_health'), call(4, 'no_such_tool'), call(5, 'audit_query'));
  for (const id of [1, 2, 3, 4, 5]) await answered(out, id);
  child.stdin.end();
  await exited;
  const lines = out.text.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThanOrEqual(5);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
  expect(err.text).toContain('"name":"stratus-mcp"');
});

for (const [name, leave] of [
  ['the end of stdin', (child: ChildProcessWithoutNullStreams) => child.stdin.end()],
  ...(['SIGTERM', 'SIGINT', 'SIGHUP'] as const).map(
    (signal) => [signal, (child: ChildProcessWithoutNullStreams) => child.kill(signal)] as const,
  ),
] as const) {
  test(`leaves within two seconds of ${name}`, async () => {
    const { child, out, exited } = start();
    send(child, INITIALIZE, INITIALIZED, call(2, 'observe_health'));
    await answered(out, 2);
    leave(child);
    const end = await Promise.race([exited, sleep(EXIT_MS, 'still there' as const)]);
    expect(end).toEqual({ code: 0, signal: null });
  });
}

test('leaves at the end of stdin before anything was said', async () => {
  const { child, exited } = start();
  child.stdin.end();
  expect(await exited).toEqual({ code: 0, signal: null });
});

test('an invalid policy stops the start, with line and reason', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, 'name: x\nbounds:\n  commands: many\n');
  const { out, err, exited } = start(['--policy', file]);
  expect(await exited).toEqual({ code: 1, signal: null });
  expect(out.text).toBe('');
  expect(err.text).toContain(`stratus-mcp: The policy ${file} is invalid`);
  expect(err.text).toMatch(/line \d+, column \d+: /);
  expect(err.text).not.toMatch(/^\s+at /m);
});

test('a word that is no command, and settings that are none, stop the start', async () => {
  for (const [args, env, said] of [
    [['bogus'], {}, 'There is no command "bogus".'],
    [['--log-level', 'loud'], {}, 'The log level "loud" is none of'],
    [[], { STRATUS_READ_ONLY: 'ture' }, 'STRATUS_READ_ONLY is "ture"; say true or false.'],
  ] as [string[], Record<string, string>, string][]) {
    const { err, out, exited } = start(args, env);
    expect((await exited).code).toBe(1);
    expect(err.text).toContain(said);
    expect(out.text).toBe('');
  }
});
