import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { connect, environment, ROOT, SERVER, temporaryFolder } from './support.ts';

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function stratus(args: string[], folder = temporaryFolder()): Promise<Run> {
  const options = { cwd: ROOT, env: environment(folder) };
  try {
    const done = await promisify(execFile)(process.execPath, [...SERVER, ...args], options);
    return { code: 0, ...done };
  } catch (error) {
    return error as Run;
  }
}

test('--help names the commands, --version the version', async () => {
  const { stdout } = await stratus(['--help']);
  for (const word of ['serve', 'policy', 'audit', 'journal', 'doctor', 'transactions'])
    expect(stdout).toContain(word);
  expect((await stratus(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('the audit command reads the journal that the server writes', async () => {
  const session = await connect();
  await session.call('observe_health');
  const { stdout, code } = await stratus(['audit', 'list'], session.folder);
  expect(code).toBe(0);
  expect(stdout).toContain('observe_health');
});

test('transactions without a cluster: one clear message, no stack trace', async () => {
  for (const args of [['list'], ['show', 'txn-1'], ['undo', 'txn-1'], ['recover']]) {
    const { code, stdout, stderr } = await stratus(['transactions', ...args]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^stratus-mcp: No cluster is configured/);
    expect(stderr).toContain('Next: ');
    expect(stderr).not.toMatch(/^\s+at /m);
  }
});

test('policy check answers for the shipped policies', async () => {
  expect((await stratus(['policy', 'check', 'default'])).code).toBe(0);
});
