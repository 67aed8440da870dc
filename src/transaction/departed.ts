import type { ObjectKey } from '../cluster/types.ts';
import { groupKind, WORKLOADS } from '../undo/group-kind.ts';
import type { EngineParts } from './parts.ts';

const GONE_WITHIN_MS = 10_000;

/**
 * Waits until a workload that was deleted with Orphan is gone: the garbage collector first takes its dependents
 * from it, and until then one of its name can't be created in its place. Gives up silently: a create says so itself.
 */
export async function departed(
  { reader, clock }: EngineParts,
  key: ObjectKey,
  uid: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!WORKLOADS.includes(groupKind(key.resource.apiVersion, key.resource.kind))) return;
  const until = clock.monotonic() + GONE_WITHIN_MS;
  try {
    for (let pause = 20; clock.monotonic() < until; pause = Math.min(pause * 2, 500)) {
      const live = await reader.get(key, signal === undefined ? {} : { signal });
      if (live === undefined || live.uid !== uid) return;
      await clock.sleep(pause, signal);
    }
  } catch {
    // The delete itself is done and journaled; whoever needs the name meets the same trouble.
  }
}
