import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const SCRIPT = fileURLToPath(new URL('child.ts', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /** Lines of its stdout so far. */
  readonly lines: string[];
  /** The n-th line (from 0), once it is there. @throws Error when the child ends before. */
  line(n: number): Promise<string>;
  readonly ended: Promise<unknown>;
}

/** Runs child.ts in a process of its own; killed after the test if it still runs. */
export function spawnChild(args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines: string[] = [];
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += String(chunk);
  });
  const waiting: (() => void)[] = [];
  const wake = () => {
    for (const each of waiting.splice(0)) each();
  };
  let over = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    wake();
  });
  void ended.then(() => {
    over = true;
    wake();
  });
  return {
    process: child,
    lines,
    ended,
    line: async (n) => {
      for (;;) {
        const line = lines[n];
        if (line !== undefined) return line;
        if (over) throw new Error(`The child ended before line ${n}: ${complaint}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}
