import { existsSync, readdirSync, readFileSync } from 'node:fs';

const PATIENCE_MS = 5_000;

/**
 * Stops a process and waits until each of its threads stands still: SIGSTOP takes effect some time after `kill`
 * has returned, and a busy API server may still answer in between.
 */
export function freeze(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const until = Date.now() + PATIENCE_MS;
  do {
    pause(10);
    if (threadStates(pid).every((state) => state === 'T')) return;
  } while (Date.now() < until);
  throw new Error(`process ${pid} did not stop within ${PATIENCE_MS / 1000} s`);
}

/** One letter a thread, as in proc(5); none where there is no such file system. */
function threadStates(pid: number): string[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).map((task) => {
    try {
      const stat = readFileSync(`${tasks}/${task}/stat`, 'utf8');
      return stat.charAt(stat.lastIndexOf(')') + 2);
    } catch {
      // The thread has ended meanwhile.
      return 'T';
    }
  });
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
