import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command, with a folder for temporary files that is its own. */
export interface Demo {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  /** Resolves with all of stdout so far as soon as it matches. */
  until(pattern: RegExp): Promise<string>;
  /** Names of what is left in the folder for temporary files. */
  left(): string[];
}

export function startDemo(...args: string[]): Demo {
  const folder = newFolder();
  const child = spawn(process.execPath, [BIN, 'demo', ...args], {
    env: { PATH: process.env.PATH, TMPDIR: folder },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return {
    child,
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(stdout)) return;
          child.stdout.off('data', look);
          resolve(stdout);
        };
        child.stdout.on('data', look);
        child.on('close', () =>
          reject(new Error(`It ended without ${pattern}.\n${stdout}${stderr}`)),
        );
        look();
      }),
    left: () => readdirSync(folder),
  };
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-demo-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
