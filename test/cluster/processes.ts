import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freeze } from './freeze.ts';

/**
 * Removes a control group of that name, once the last of its killed processes has left it, from
 * every hierarchy of cgroup v1 or the one of v2.
 */
const REMOVE_CGROUP = `
remove_cgroup() {
  for attempt in $(seq 100); do
    left=
    for group in "/sys/fs/cgroup/$1" /sys/fs/cgroup/*/"$1"; do
      [ -d "$group" ] || continue
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
      [ -d "$group" ] && left=1
    done
    [ -z "$left" ] && return 0
    sleep 0.1
  done
  return 1
}
`;

// Outlives us in every case, kill -9 included: when our end of its stdin closes without a
// dismissal, it kills what was started, newest first, and removes the folder.
const GUARDIAN = `${REMOVE_CGROUP}
pids= cgroups=
while read -r verb what; do
  case $verb in
    watch) pids="$what $pids" ;;
    cgroup) cgroups="$what $cgroups" ;;
    dismiss) exit 0 ;;
  esac
done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
for cgroup in $cgroups; do remove_cgroup "$cgroup"; done
rm -rf -- "$1"
`;

interface Started {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly pid: number;
  readonly exited: Promise<void>;
  running: boolean;
}

/**
 * Processes that live and die together with one temporary folder. They get no terminal signals
 * (Ctrl-C would take etcd away from under the API server); `stop` or the guardian ends them.
 */
export class ProcessGroup {
  readonly #folder: string;
  readonly #guardian: ChildProcess;
  readonly #guardianGone: Promise<void>;
  readonly #started: Started[] = [];
  readonly #cgroups: string[] = [];
  #stopping: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#guardian = spawn('/bin/sh', ['-c', GUARDIAN, 'guardian', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#guardianGone = exitOf(this.#guardian);
    this.#guardian.stdin?.on('error', () => {});
  }

  /** Starts a program with its output in `NAME.log` of the folder, and returns its pid. */
  start(name: string, file: string, args: readonly string[]): number {
    const output = openSync(this.#logPath(name), 'a');
    try {
      const child = spawn(file, args, { stdio: ['ignore', output, output], detached: true });
      const exited = exitOf(child);
      if (child.pid === undefined) throw new Error(`${file} can't be started`);
      this.#guardian.stdin?.write(`watch ${child.pid}\n`);
      const started: Started = { name, file, args, pid: child.pid, exited, running: true };
      this.#started.push(started);
      void exited.then(() => {
        started.running = false;
      });
      return child.pid;
    } finally {
      closeSync(output);
    }
  }

  /** Has the guardian kill one more process: a child of one that was started here. */
  alsoKill(pid: number): void {
    this.#guardian.stdin?.write(`watch ${pid}\n`);
  }

  /** Removes the control group of that name when the processes are gone. */
  ownCgroup(name: string): void {
    this.#cgroups.push(name);
    this.#guardian.stdin?.write(`cgroup ${name}\n`);
  }

  /** Kills the process of that name and starts it again as it was. */
  async restart(name: string): Promise<void> {
    const index = this.#started.findIndex((started) => started.name === name);
    const [before] = this.#started.splice(index, 1);
    if (before === undefined) throw new Error(`${name} was never started`);
    if (before.running) process.kill(before.pid, 'SIGKILL');
    await before.exited;
    this.start(name, before.file, before.args);
  }

  /** Says which process has ended, with the end of its log; undefined while all run. */
  ended(): string | undefined {
    const gone = this.#started.find(({ running }) => !running);
    return gone && `${gone.name} ended:\n${this.logTail(gone.name)}\n`;
  }

  /** Stops the process of that name; it stands still when this returns. */
  freeze(name: string): void {
    for (const started of this.#started) {
      if (started.name === name && started.running) freeze(started.pid);
    }
  }

  signal(name: string, signal: NodeJS.Signals): void {
    for (const started of this.#started) {
      if (started.name === name && started.running) process.kill(started.pid, signal);
    }
  }

  logTail(name: string, lines = 20): string {
    return readFileSync(this.#logPath(name), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** The pids that were started, in start order, the guardian's first. */
  get pids(): number[] {
    return [this.#guardian.pid ?? [], this.#started.map(({ pid }) => pid)].flat();
  }

  /** Kills the newest first, waits for each, and removes the folder. The data is throwaway. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    for (const started of this.#started.toReversed()) {
      if (started.running) process.kill(started.pid, 'SIGKILL');
      await started.exited;
    }
    for (const name of this.#cgroups) {
      const script = `${REMOVE_CGROUP}\nremove_cgroup "$1"`;
      await exitOf(spawn('/bin/sh', ['-c', script, 'remove', name], { stdio: 'ignore' }));
    }
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
    this.#guardian.stdin?.end('dismiss\n');
    await this.#guardianGone;
  }

  #logPath(name: string): string {
    return join(this.#folder, `${name}.log`);
  }
}

function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}
