import type { Flags } from '../core/config.ts';
import { createLog } from '../core/log.ts';
import { createRuntime } from '../server/create-runtime.ts';
import { retain } from '../server/retain.ts';
import { serveStdio } from '../server/stdio.ts';
import { configOf } from './options.ts';

/** Runs the server. @throws StratusError policy_invalid or invalid_arguments: then nothing was started. */
export async function serve(flags: Flags): Promise<void> {
  const config = configOf(flags);
  const log = createLog(config.logLevel);
  const runtime = await createRuntime(config, log);
  const { name: policy, digest } = runtime.policy;
  const { journal, readOnly, retainDays } = config;
  const facts = { policy, digest, journal, readOnly, retainDays };
  log.info({ version: runtime.version, node: process.version, ...facts }, 'serving');
  await serveStdio(runtime);
  void retain(runtime, config.retainDays);
}
