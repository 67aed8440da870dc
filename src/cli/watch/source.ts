import type { Clock } from '../../core/clock.ts';
import { toStratusError } from '../../core/errors.ts';
import { type JournalReader, openJournalReader } from '../../journal/open.ts';
import { stateOf, type WatchState } from './state.ts';

/** Reads the journal again when somebody wrote to it. */
export interface Source {
  /** @returns whether there is something new to show. Never throws. */
  poll(): boolean;
  readonly state: WatchState | undefined;
  /** Why the journal can't be read now; what was read before stays in `state`. */
  readonly trouble: string | undefined;
  readonly reader: JournalReader | undefined;
  close(): void;
}

/** A locked journal must not keep keys waiting. */
const BUSY_MS = 200;
/** What ends by time alone (an approval, a process) shows after this long, ms. */
const REREAD_MS = 5_000;
const RETRY_MS = { first: 500, longest: 8_000 };

export function openSource(path: string, clock: Clock): Source {
  let reader: JournalReader | undefined;
  let version: number | undefined;
  let state: WatchState | undefined;
  let trouble: string | undefined;
  let retryAt = 0;
  let pause = RETRY_MS.first;

  const close = () => {
    reader?.close();
    reader = undefined;
    version = undefined;
  };

  const read = (): boolean => {
    reader ??= openJournalReader({ path, busyTimeoutMs: BUSY_MS, clock });
    reader.standing.requirePlace();
    const newest = reader.standing.version();
    const now = clock.now();
    if (newest === version && !(state && endsByTime(state) && now - state.at >= REREAD_MS)) {
      return false;
    }
    state = stateOf(reader, { now, alive: isAlive });
    version = newest;
    return true;
  };

  return {
    poll: () => {
      if (clock.monotonic() < retryAt) return false;
      const had = trouble;
      try {
        const news = read();
        trouble = undefined;
        pause = RETRY_MS.first;
        return news || had !== undefined;
      } catch (thrown) {
        close();
        trouble = toStratusError(thrown).message;
        retryAt = clock.monotonic() + pause;
        pause = Math.min(pause * 2, RETRY_MS.longest);
        return trouble !== had;
      }
    },
    get state() {
      return state;
    },
    get trouble() {
      return trouble;
    },
    get reader() {
      return reader;
    },
    close,
  };
}

function endsByTime({ approvals, writer }: WatchState): boolean {
  return approvals.length > 0 || writer !== undefined;
}

/** Whether a process with this number runs here. */
export function isAlive(pid: number): boolean {
  // 0 and below would name groups of processes.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}
