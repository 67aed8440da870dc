import { waitFor } from './client.ts';
import type { ProcessGroup } from './processes.ts';

/** Waits for a sign of life, and gives up at once when a process of the group has ended. */
export async function startOf<T>(
  group: ProcessGroup,
  what: string,
  probe: () => Promise<T | undefined | false>,
  timeoutMs = 90_000,
): Promise<T> {
  const found = await waitFor(
    what,
    async () => {
      const ended = group.ended();
      if (ended !== undefined) return { ended };
      const value = await probe();
      return value === undefined || value === false ? undefined : { value };
    },
    timeoutMs,
  );
  if ('ended' in found) throw new Error(`${found.ended} while waiting for ${what}`);
  return found.value;
}
