import { constants, homedir } from 'node:os';
import { systemClock } from '../../core/clock.ts';
import { resolveConfig } from '../../core/config.ts';
import { createLog } from '../../core/log.ts';
import { packageVersion } from '../../core/version.ts';
import { terminal } from '../terminal.ts';
import type { Failure } from './failures.ts';
import { invitation } from './invitation.ts';
import { pausesAt } from './pause.ts';
import { FREE, SCRIPTED } from './policy.ts';
import { SHOP_APPS } from './shop.ts';
import { type Stage, setStage } from './stage.ts';
import { tellStory } from './story.ts';
import { createTeller, type Teller } from './teller.ts';

export interface DemoOptions {
  readonly pause: boolean;
  readonly serve: boolean;
  readonly keep?: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Longest time between a signal and the end of this process. */
const BACKSTOP_MS = 4_000;
const CLOSE_MS = 1_500;

/** Plays the demo. @returns the exit code: 0, or 128 and the signal that ended the story early. */
export async function runDemo(failure: Failure, options: DemoOptions): Promise<number> {
  const { stdout, env } = process;
  // https://no-color.org: present and not empty.
  const colour = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const teller = createTeller(terminal.stdout, colour, systemClock);
  const { signal, codeOf, off } = interruption();
  let stage: Stage | undefined;
  try {
    teller.say(
      'A Kubernetes cluster in memory, simulated; nothing outside this process is touched.\n',
    );
    const running = SHOP_APPS.map(({ name, replicas }) => `${name} ×${replicas}`).join(', ');
    stage = await setStage(failure, {
      ...(options.keep === undefined ? {} : { keep: options.keep }),
      rest: options.serve ? FREE : SCRIPTED,
      signal,
      told: (what) => teller.note(what === 'ready' ? `A shop runs: ${running}.` : failure.happened),
    });
    if (options.serve) {
      teller.say(invitation(stage));
      await aborted(signal);
    }
    await play(failure, stage, teller, options, signal);
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    return options.serve && stage !== undefined ? 0 : codeOf();
  } finally {
    await stage?.close();
    off();
  }
}

async function play(
  failure: Failure,
  stage: Stage,
  teller: Teller,
  { pause: wanted, keep }: DemoOptions,
  signal: AbortSignal,
): Promise<void> {
  const [{ createRuntime }, { connectInProcess }] = await Promise.all([
    import('../../server/create-runtime.ts'),
    import('../../server/in-process.ts'),
  ]);
  const { kubeconfig, journal, policy } = stage;
  // The reader's own settings are of another cluster.
  const config = resolveConfig({ kubeconfig, journal, policy, logLevel: 'error' }, {}, homedir());
  const runtime = await createRuntime(config, createLog(config.logLevel));
  const pauses = wanted ? pausesAt(process.stdin, terminal.stdout) : undefined;
  try {
    const name = 'scripted-assistant';
    const client = await connectInProcess(runtime, { name, version: packageVersion() });
    const pause = pauses?.pause ?? (async () => {});
    const telling = tellStory(failure, { client, teller, pause, signal });
    const incident = await Promise.race([telling, aborted(signal)]);
    teller.chart();
    teller.say(ending(incident, keep === undefined ? undefined : journal, teller.elapsed()));
    await client.close();
  } finally {
    pauses?.close();
    await runtime.close(CLOSE_MS);
  }
}

function ending(incident: string, journal: string | undefined, seconds: number): string {
  const more =
    journal === undefined
      ? 'Next: --pause to read along, --keep FOLDER for the journal, --serve for your own assistant.'
      : `The journal stays. As a page: stratus-mcp audit report ${incident} --journal ${journal}`;
  return `\nResolved after ${seconds.toFixed(1)} s: taken back once by the gate, then committed.\n${more}`;
}

/** Never resolves. @throws the signal's reason */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function interruption(): { signal: AbortSignal; codeOf: () => number; off: () => void } {
  const controller = new AbortController();
  let code = 0;
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return;
    code = 128 + constants.signals[name];
    setTimeout(() => process.exit(code), BACKSTOP_MS).unref();
    controller.abort(new Error(`Ended by ${name}.`));
  };
  for (const name of SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    codeOf: () => code,
    off: () => {
      for (const name of SIGNALS) process.off(name, stop);
    },
  };
}
