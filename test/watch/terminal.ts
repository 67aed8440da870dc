import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Emulator } from './emulator.ts';

const PTY = fileURLToPath(new URL('./pseudo-terminal.py', import.meta.url));
export const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** Why there is no pseudo terminal here; undefined where there is one. */
export function withoutTerminal(): string | undefined {
  const probe = spawnSync('python3', ['-c', 'import pty, os; os.close(pty.openpty()[0])']);
  return probe.status === 0 ? undefined : 'python3 with its pty module is needed for a terminal';
}

/** A command in a pseudo terminal, and what its screen shows. */
export interface Terminal {
  readonly emulator: Emulator;
  /** All that it wrote. */
  raw(): string;
  press(keys: string): void;
  resize(rows: number, columns: number): void;
  signal(number: number): void;
  /** Waits until the screen shows it. @throws Error with the screen when it doesn't in time */
  until(shows: string | RegExp | (() => boolean), ms?: number): Promise<void>;
  readonly exited: Promise<number>;
}

export function openTerminal(
  command: readonly string[],
  options: { rows: number; columns: number; env?: Readonly<Record<string, string>> },
): Terminal {
  const { rows, columns, env = {} } = options;
  const child = spawn('python3', [PTY, String(rows), String(columns), ...command], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm', LANG: 'C.UTF-8', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    // Its terminal hangs up, and the command ends with it.
    child.kill();
  });
  const emulator = new Emulator(rows, columns);
  let raw = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    emulator.feed(text);
  });
  let ended = false;
  const exited = new Promise<number>((resolve) => {
    child.on('close', (code) => {
      ended = true;
      resolve(code ?? -1);
    });
  });
  const order = (value: object) => child.stdin.write(`${JSON.stringify(value)}\n`);
  const shown = (what: string | RegExp | (() => boolean)) => {
    if (typeof what === 'function') return what();
    const text = emulator.text();
    return typeof what === 'string' ? text.includes(what) : what.test(text);
  };
  return {
    emulator,
    exited,
    raw: () => raw,
    press: (keys) => order({ keys }),
    signal: (number) => order({ signal: number }),
    resize: (toRows, toColumns) => {
      emulator.resize(toRows, toColumns);
      order({ size: [toRows, toColumns] });
    },
    until: async (what, ms = 30_000) => {
      const deadline = performance.now() + ms;
      while (!shown(what)) {
        if (ended || performance.now() > deadline) {
          const why = ended ? ', and the command has ended' : '';
          throw new Error(`The screen doesn't show ${String(what)}${why}:\n${emulator.text()}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}
