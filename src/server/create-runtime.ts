import { randomUUID } from 'node:crypto';
import { systemClock } from '../core/clock.ts';
import type { Config } from '../core/config.ts';
import { StratusError } from '../core/errors.ts';
import { randomIds } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import { packageVersion } from '../core/version.ts';
import type { Journal } from '../journal/types.ts';
import { loadPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/types.ts';
import { allTools, offersOf } from '../tools/catalogue.ts';
import { LEASE_SECONDS, type LeaseSettings } from '../transaction/lease-types.ts';
import { requestLog } from './log-requests.ts';
import { retriedUntilOk } from './once.ts';
import type { Runtime, Workbench } from './runtime.ts';

/**
 * Loads the policy; journal and cluster follow when they are needed.
 * @throws StratusError policy_invalid: without a policy nothing may start.
 */
export async function createRuntime(config: Config, log: Log): Promise<Runtime> {
  const policy = await loadPolicy(config.policy);
  checkFence(config);
  const clock = systemClock;
  const stop = new AbortController();
  const running = new Set<Promise<unknown>>();

  const journal = retriedUntilOk(() => openAndNote(config, policy));
  const cluster = retriedUntilOk(async () => connect(config, policy, await journal(), log));
  const recovery = retriedUntilOk(async () => {
    // Taking back is writing: that is left to the next server that may.
    if (config.readOnly) return;
    const { engine } = await cluster();
    const found = await engine.recover();
    if (found.recovered.length + found.needsHuman.length > 0) log.warn(found, 'recovered');
  });

  return {
    version: packageVersion(),
    policy,
    offers: offersOf(allTools(clock), policy, config.readOnly),
    clock,
    ids: randomIds,
    log,
    journal,
    cluster,
    recovered: async () => {
      await recovery();
      return cluster();
    },
    stopping: stop.signal,
    track: (call) => {
      running.add(call);
      const done = () => running.delete(call);
      call.then(done, done);
      return call;
    },
    close: async (ms) => {
      const deadline = clock.monotonic() + ms;
      stop.abort(new StratusError('cancelled', 'The server is stopping.', { changed: 'unknown' }));
      const bench = await cluster.settled();
      await bench?.engine.close(ms);
      const left = Math.max(0, deadline - clock.monotonic());
      const patience = new AbortController();
      const late = clock.sleep(left, patience.signal).catch(() => undefined);
      await Promise.race([Promise.allSettled(running), late]);
      patience.abort();
      bench?.meter.close();
      (await journal.settled())?.close();
    },
  };
}

function checkFence({ fence, lease }: Config): void {
  if (!fence || lease !== 'off') return;
  throw new StratusError(
    'invalid_arguments',
    'The setting fence needs a Lease, and lease is off.',
    {
      next: 'Start without --fence (STRATUS_FENCE), or name a Lease with --lease.',
    },
  );
}

/**
 * Seconds that the Lease lasts unrenewed. Not a setting of the README: servers of one cluster need not agree on it, and
 * the default has to be changed only by who tests what happens after it.
 */
const LEASE_SECONDS_VARIABLE = 'STRATUS_LEASE_SECONDS';

function leaseSettings({ lease }: Config, env: NodeJS.ProcessEnv): LeaseSettings | 'off' {
  if (lease === 'off') return 'off';
  const text = env[LEASE_SECONDS_VARIABLE] || String(LEASE_SECONDS);
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds >= 2 && seconds <= 3_600) return { ...lease, seconds };
  throw new StratusError(
    'invalid_arguments',
    `${LEASE_SECONDS_VARIABLE} is "${text}"; say whole seconds from 2 to 3600.`,
  );
}

async function openAndNote(config: Config, policy: Policy): Promise<Journal> {
  const { openJournal } = await import('../journal/open.ts');
  const journal = openJournal({ path: config.journal, env: process.env, clock: systemClock });
  journal.notePolicy(policy);
  return journal;
}

// Imported here, late: the Kubernetes client takes longer to load than all the rest.
async function connect(
  config: Config,
  policy: Policy,
  journal: Journal,
  log: Log,
): Promise<Workbench> {
  const clock = systemClock;
  const { connectCluster } = await import('../cluster/connect.ts');
  const connection = await connectCluster({
    ...config,
    env: process.env,
    observe: requestLog(log),
  });
  const [
    { createReader },
    { createListFeed },
    { createSeverityMeter },
    { createTransactionEngine },
  ] = await Promise.all([
    import('../cluster/reader.ts'),
    import('../cluster/feed.ts'),
    import('../severity/meter.ts'),
    import('../transaction/engine.ts'),
  ]);
  const reader = createReader(connection);
  const feed = createListFeed(connection);
  const settings = { ...policy.severity, redaction: policy.redaction };
  const meter = createSeverityMeter({ reader, settings, clock, feed });
  const newId = () => randomUUID();
  const lease = leaseSettings(config, process.env);
  const { fence } = config;
  const ports = { connection, reader, journal, policy, meter, clock, log, lease, fence, newId };
  return { reader, meter, engine: createTransactionEngine(ports) };
}
