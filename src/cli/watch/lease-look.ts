import type { Clock } from '../../core/clock.ts';
import type { Config } from '../../core/config.ts';
import { toStratusError } from '../../core/errors.ts';
import type { LeaseSight } from './sections.ts';

const TIMEOUT_MS = 5_000;
const PAUSE_MS = 5_000;

/** Asks the cluster who holds the Lease. */
export interface LeaseLook {
  /** Never throws: that it can't be told is an answer, too. */
  look(): Promise<LeaseSight>;
  close(): Promise<void>;
}

/** Asks again and again until the signal; reads only. */
export async function watchLease(
  look: LeaseLook,
  clock: Clock,
  told: (sight: LeaseSight) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    told(await look.look());
    await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
  }
}

export function leaseLook(config: Config, clock: Clock): LeaseLook {
  const { lease } = config;
  if (lease === 'off') {
    const off: LeaseSight = { kind: 'unknown', why: 'the setting lease is off' };
    return { look: async () => off, close: async () => {} };
  }
  const label = `${lease.namespace}/${lease.name}`;
  let open: ReturnType<typeof connect> | undefined;
  const close = async () => {
    const was = open;
    open = undefined;
    await (await was?.catch(() => undefined))?.connection.close();
  };
  return {
    close,
    look: async () => {
      try {
        open ??= connect(config);
        const { reader, sentenceOf } = await open;
        const resource = (await reader.resources()).resolveKind('coordination.k8s.io/v1', 'Lease');
        const live = await reader.get({ resource, ...lease });
        const at = clock.now();
        if (live === undefined) return { kind: 'none', lease: label, at };
        return { kind: 'seen', sentence: sentenceOf(label, live), at };
      } catch (thrown) {
        // The kubeconfig may be another one next time.
        await close();
        return { kind: 'unknown', why: toStratusError(thrown).message };
      }
    },
  };
}

// Late: the Kubernetes client takes longer to load than all the rest.
async function connect(config: Config) {
  const [{ connectCluster }, { createReader }, { recordOf }, { viewOfLease }] = await Promise.all([
    import('../../cluster/connect.ts'),
    import('../../cluster/reader.ts'),
    import('../../transaction/lease-record.ts'),
    import('../../transaction/lease-errors.ts'),
  ]);
  const connection = await connectCluster({ ...config, env: process.env, timeoutMs: TIMEOUT_MS });
  const nobody = { identity: '', journal: '' };
  const sentenceOf = (label: string, live: Parameters<typeof recordOf>[0]) =>
    viewOfLease(label, recordOf(live), nobody).sentence;
  return { connection, reader: createReader(connection), sentenceOf };
}
