import { inCi } from '../availability.ts';
import { logToStderr } from '../control-plane.ts';
import { whyNoRealNodes } from './programs.ts';

/**
 * For the top of a `.nodes.test.ts` file, whose tests start real nodes.
 * @returns whether this machine can have none: then the tests skip, with the reason printed.
 * @throws Error in CI on Linux as root, where the packages are to be installed.
 */
export function withoutRealNodes(): boolean {
  const reason =
    process.env.STRATUS_TEST_CLUSTER === 'off' ? 'STRATUS_TEST_CLUSTER=off' : whyNoRealNodes();
  if (reason === undefined) return false;
  const able = process.platform === 'linux' && process.getuid?.() === 0;
  if (inCi() && able) throw new Error(`no real nodes in CI: ${reason}`);
  logToStderr(`tests on real nodes are skipped: ${reason}`);
  return true;
}
