import { appendFileSync } from 'node:fs';

/** Marks a named boundary where a crash test may kill the process. */
export type Crashpoint = (name: string) => void;

/**
 * Builds the crash point that an environment asks for, or `undefined` when it asks for none.
 *
 * - `STRATUS_CRASHPOINT=name[:occurrence]` kills this process with SIGKILL at that occurrence
 *   (1, 2, …; 1 when absent) of that name.
 * - `STRATUS_CRASHPOINT_LOG=file` appends each name that is reached, one a line.
 *
 * Both are for tests only.
 */
export function armedCrashpoint(env: NodeJS.ProcessEnv): Crashpoint | undefined {
  const target = env.STRATUS_CRASHPOINT;
  const log = env.STRATUS_CRASHPOINT_LOG;
  if (!target && !log) return undefined;
  const [wanted, occurrence = '1'] = (target ?? '').split(':');
  let left = Number(occurrence);
  return (name) => {
    if (log) appendFileSync(log, `${name}\n`);
    if (name !== wanted) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}

/**
 * Undefined unless the process was started armed. Called as `crashpoint?.(…)`: then not even the name is built.
 * Two places have it: the write of the journal (journal/database.ts) and the request (cluster/wire.ts).
 */
export const crashpoint: Crashpoint | undefined = armedCrashpoint(process.env);
