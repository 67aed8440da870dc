import { toStratusError } from '../core/errors.ts';
import type { Runtime } from './runtime.ts';

const RETRY_MS = 15_000;

/**
 * Connects and takes back what a dead process left open, and tries again while the cluster doesn't answer:
 * a change that nobody judged should not wait for the next call. Never throws.
 */
export async function warmUp(runtime: Runtime): Promise<void> {
  while (!runtime.stopping.aborted) {
    try {
      await runtime.recovered();
      return;
    } catch (thrown) {
      const error = toStratusError(thrown);
      runtime.log.info({ code: error.code, err: error }, 'not connected yet');
      // Time alone doesn't bring a kubeconfig; a call says what to do.
      if (error.code === 'cluster_not_configured') return;
      await runtime.clock.sleep(RETRY_MS, runtime.stopping).catch(() => undefined);
    }
  }
}
