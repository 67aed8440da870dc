import type { Flags } from '../core/config.ts';
import { StratusError } from '../core/errors.ts';
import { createLog } from '../core/log.ts';
import type { Actor } from '../journal/types.ts';
import { osUser } from '../server/actor.ts';
import { createRuntime } from '../server/create-runtime.ts';
import type { Runtime } from '../server/runtime.ts';
import type { Caller } from '../transaction/types.ts';
import { configOf } from './options.ts';
import { terminal } from './terminal.ts';

/** What a person does at the terminal is in the audit log like any other call. */
export async function audited<T>(
  runtime: Runtime,
  tool: string,
  about: { readonly transaction?: string; readonly incident?: string; readonly note?: string },
  work: () => Promise<T>,
): Promise<T> {
  const { audit } = await runtime.journal();
  const call = runtime.ids.call();
  const started = runtime.clock.monotonic();
  const { transaction } = about;
  const named = transaction === undefined ? {} : { transaction };
  audit.start({ call, actor: actor(), tool, args: { ...about }, ...named });
  const end = (facts: { outcome: 'ok' | 'failed'; code?: string; message?: string }) => {
    const durationMs = Math.round(runtime.clock.monotonic() - started);
    audit.end({ call, decision: 'none', durationMs, ...named, ...facts });
  };
  try {
    const result = await work();
    end({ outcome: 'ok' });
    return result;
  } catch (error) {
    const code = error instanceof StratusError ? error.code : 'internal';
    const message = error instanceof Error ? error.message : String(error);
    end({ outcome: 'failed', code, message });
    throw error;
  }
}

export function callerIn(runtime: Runtime): Caller {
  const { client, principal } = actor();
  return { call: runtime.ids.call(), tool: client, actor: `${client} (${principal})` };
}

function actor(): Actor {
  return { client: 'cli', principal: osUser(), session: `cli-${process.pid}` };
}

/** What changes the cluster or the word of the journal about it. */
export async function change(
  flags: Flags,
  work: (runtime: Runtime) => Promise<object>,
): Promise<void> {
  if (configOf(flags).readOnly) {
    throw new StratusError('policy_refused', 'This would write, and --read-only is set.', {
      rule: 'read-only',
      next: 'Run it without --read-only and STRATUS_READ_ONLY, if you mean it.',
    });
  }
  await run(flags, work);
}

export async function run(
  flags: Flags,
  work: (runtime: Runtime) => Promise<object>,
): Promise<void> {
  const config = configOf({ logLevel: 'warn', ...flags });
  const runtime = await createRuntime(config, createLog(config.logLevel));
  try {
    terminal.stdout(`${JSON.stringify(await work(runtime), null, 2)}\n`);
  } finally {
    await runtime.close(1500);
  }
}
