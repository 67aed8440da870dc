import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { StratusError } from '../../core/errors.ts';
import { stringOf } from '../../core/json.ts';
import { startSimulatedCluster } from '../../simulation/start.ts';
import { type Failure, shopReady, type User } from './failures.ts';
import { demoPolicy, type Rest } from './policy.ts';
import { SHOP, shop } from './shop.ts';

/** A simulated cluster with the broken shop in it, and the files that a server needs to work there. */
export interface Stage {
  readonly server: string;
  readonly kubeconfig: string;
  readonly journal: string;
  readonly policy: string;
  readonly user: User;
  /** Stops the cluster and removes the files, the journal too unless it is kept. */
  close(): Promise<void>;
}

export interface StageOptions {
  /** The folder in which the journal stays; unset: it goes with the stage. */
  readonly keep?: string;
  readonly rest: Rest;
  readonly signal: AbortSignal;
  /** Hears what happens. */
  readonly told: (what: 'ready' | 'broken') => void;
}

/** Pods start, fail and stop at once: nobody wants to watch that. */
const RULES = { startDelayMs: 30, pullDelayMs: 30, stopDelayMs: 30 };

/** @throws StratusError invalid_arguments when the folder to keep has a journal already. */
export async function setStage(failure: Failure, options: StageOptions): Promise<Stage> {
  const kept = options.keep === undefined ? undefined : journalIn(options.keep);
  const folder = mkdtempSync(join(tmpdir(), 'stratus-demo-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // Whatever ends this process, the folder goes with it.
  process.on('exit', remove);
  const cluster = await startSimulatedCluster({
    clock: systemClock,
    newId: () => randomUUID(),
    token: randomBytes(16).toString('hex'),
    rules: RULES,
  });
  const close = async () => {
    await cluster.stop();
    remove();
    process.off('exit', remove);
  };
  try {
    const { user, server } = cluster;
    const file = (name: string, text: string) => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const kubeconfig = file('kubeconfig', cluster.kubeconfig);
    const policy = file('policy.yaml', demoPolicy(options.rest));
    // As if held before: one that nobody ever held may stand in for a deleted one, and is waited for.
    user.create('Lease', 'kube-system', {
      metadata: { name: 'stratus-mcp' },
      spec: { leaseTransitions: 1 },
    });
    for (const object of shop()) {
      const kind = stringOf(object.kind) ?? '';
      user.create(kind, kind === 'Namespace' ? undefined : SHOP, object);
    }
    await until('the shop to start', () => shopReady(user), options.signal);
    options.told('ready');
    failure.break(user);
    await until('the failure to show', () => failure.shows(user), options.signal);
    options.told('broken');
    return { server, kubeconfig, policy, user, close, journal: kept ?? join(folder, 'journal.db') };
  } catch (error) {
    await close();
    throw error;
  }
}

function journalIn(keep: string): string {
  const folder = resolve(keep);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'journal.db');
  try {
    // Held for this demo: another file of that name is somebody's record.
    writeFileSync(path, '', { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new StratusError('invalid_arguments', `${path} is there already, or can't be written.`, {
      next: 'Name another folder with --keep.',
      cause,
    });
  }
  return path;
}

const POLL_MS = 20;
const PATIENCE_MS = 60_000;

async function until(what: string, holds: () => boolean, signal: AbortSignal): Promise<void> {
  const end = systemClock.monotonic() + PATIENCE_MS;
  while (!holds()) {
    if (systemClock.monotonic() > end) throw new Error(`Waited a minute in vain for ${what}.`);
    await systemClock.sleep(POLL_MS, signal);
  }
}
