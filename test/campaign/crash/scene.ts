import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KubeObject } from '../../../src/core/kube.ts';
import { openJournalReader } from '../../../src/journal/open.ts';
import type { StepRow, TransactionRow } from '../../../src/journal/types.ts';
import { leaseVariable } from '../../cluster/lease.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import { type Assistant, startAssistant } from '../../story/client.ts';
import type { Flow } from './flows.ts';
import type { Place } from './manifests.ts';
import { listed, pathOf, type Ref, read, unconverged } from './objects.ts';
import { type OtherWriter, startOtherWriter } from './other-writer.ts';

const POLICY = fileURLToPath(new URL('./policy.yaml', import.meta.url));
/** Longer than any recovery: a create that may be in flight is waited out for 36 s. */
const TAKES_OVER = 'takes over';
const RECOVERED_MS = 180_000;
const CONVERGED_MS = 120_000;

export interface Journaled {
  readonly rows: readonly TransactionRow[];
  readonly steps: readonly StepRow[];
  readonly chain: boolean;
}

export type Snapshot = ReadonlyMap<Ref, KubeObject | undefined>;

/** One run's namespace, journal and other writer. */
export interface Scene extends Place {
  readonly cluster: ControlPlaneClient;
  readonly flow: Flow;
  /** What is there before the flow begins; of a flow with a prelude, before that. */
  readonly before: Snapshot;
  /** The same after the prelude. */
  readonly prepared: Snapshot;
  /** uids of the ReplicaSets then. */
  readonly replicaSets: readonly string[];
  readonly other: OtherWriter;
  /** `NAMESPACE/NAME` of its servers' Lease. */
  readonly lease: string;
  start(env?: Readonly<Record<string, string>>): Promise<Assistant>;
  journaled(): Journaled;
  readonly file: (name: string) => string;
  remove(): Promise<void>;
}

export async function openScene(
  cluster: ControlPlaneClient,
  flow: Flow,
  folder: string,
): Promise<Scene> {
  const namespace = await cluster.namespace('crash');
  const own = mkdtempSync(join(folder, 'run-'));
  const journal = join(own, 'journal.db');
  const start = (env = {}) =>
    startAssistant({
      kubeconfig: cluster.kubeconfig(),
      journal,
      policy: POLICY,
      env,
      elicit: () => ({ action: 'accept', content: { decision: 'approve' } }),
    });
  await cluster.apply(flow.manifests({ namespace }));
  await converged(cluster, namespace, flow);
  const other = await startOtherWriter(cluster, namespace, flow.edited);
  const before = await snapshot(cluster, namespace, flow);
  let prepared = before;
  if (flow.prelude !== undefined) {
    const server = await start();
    await flow.prelude(server, { namespace });
    await kill(server);
    prepared = await snapshot(cluster, namespace, flow);
  }
  return {
    cluster,
    flow,
    namespace,
    before,
    prepared,
    replicaSets: (await listed(cluster, namespace, 'ReplicaSet')).map(
      ({ metadata }) => metadata.uid ?? '',
    ),
    other,
    lease: leaseVariable(journal).STRATUS_LEASE,
    start,
    file: (name) => join(own, name),
    journaled: () => {
      const reader = openJournalReader({ path: journal });
      try {
        const all = reader.transactions.list({ limit: 100 }).rows.toReversed();
        const rows = all.filter(({ reason }) => reason !== TAKES_OVER);
        const steps = rows.flatMap(({ id }) => reader.transactions.steps(id));
        return { rows, steps, chain: reader.audit.verify().ok };
      } finally {
        reader.close();
      }
    },
    remove: async () => {
      await other.stop();
      rmSync(own, { recursive: true, force: true });
      for (const ref of flow.objects.filter(({ kind }) => kind === 'PersistentVolume')) {
        await cluster.request('DELETE', pathOf(ref, namespace), undefined, { allow: [404] });
      }
      await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`, undefined, {
        allow: [404, 409],
      });
    },
  };
}

export async function snapshot(
  cluster: ControlPlaneClient,
  namespace: string,
  { objects }: Flow,
): Promise<Snapshot> {
  const found = objects.map(async (ref) => [ref, await settled(cluster, namespace, ref)] as const);
  return new Map(await Promise.all(found));
}

/** A deleted claim is seen until its protection controller has let it go. */
async function settled(cluster: ControlPlaneClient, namespace: string, ref: Ref) {
  const until = performance.now() + CONVERGED_MS;
  for (;;) {
    const found = await read(cluster, namespace, ref);
    if (found?.metadata.deletionTimestamp === undefined || performance.now() > until) return found;
    await sleep(100);
  }
}

/** @returns what has not converged in time; undefined when all has */
export async function converged(
  cluster: ControlPlaneClient,
  namespace: string,
  { workload }: Flow,
): Promise<string | undefined> {
  if (workload === undefined) return undefined;
  const until = performance.now() + CONVERGED_MS;
  for (;;) {
    const left = await unconverged(cluster, namespace, workload);
    if (left === undefined || performance.now() > until) return left;
    await sleep(200);
  }
}

const NO_JOURNAL = 'no journal';
const ENDED = ['COMMITTED', 'ABORTED', 'UNDONE'];

function statesOf(scene: Scene): string[] {
  try {
    return scene.journaled().rows.map(({ state }) => state);
  } catch {
    // It died while it made the journal, and the next one has not finished that yet.
    return [NO_JOURNAL];
  }
}

/** Waits until the journal has an open transaction. */
export async function opened(scene: Scene): Promise<void> {
  const until = performance.now() + RECOVERED_MS;
  while (performance.now() < until) {
    if (statesOf(scene).some((state) => !ENDED.includes(state) && state !== NO_JOURNAL)) return;
    await sleep(10);
  }
}

/** Waits until the journal has no open transaction. @returns the states it did not get out of */
export async function recovered(scene: Scene): Promise<string[]> {
  const until = performance.now() + RECOVERED_MS;
  for (;;) {
    const open = statesOf(scene).filter((state) => !ENDED.includes(state));
    const waits = open.some((state) => !state.endsWith('INCOMPLETE'));
    if (!waits || performance.now() > until) return open;
    await sleep(100);
  }
}

/** A server that has been there all the time recovers when it is asked to write. */
export async function takeOver(server: Assistant, { namespace }: Scene): Promise<void> {
  const until = performance.now() + RECOVERED_MS;
  for (;;) {
    const args = { reason: TAKES_OVER, namespaces: [namespace] };
    const { isError, data, text } = await server.call('transaction_begin', args);
    if (!isError) {
      await server.call('transaction_abort', { transaction: data.transaction, reason: TAKES_OVER });
      return;
    }
    if (!text.includes('[writer_busy]')) throw new Error(text);
    if (performance.now() > until) throw new Error(`it does not take over: ${text}`);
    await sleep(200);
  }
}

/** Ends when the server has died. @returns false when it was still alive after `ms` */
export async function dies(server: Assistant, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const alive = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  const dead = server.exited.then(() => true);
  const died = await Promise.race([dead, alive]);
  timer.abort();
  return died;
}

export async function kill(server: Assistant): Promise<void> {
  try {
    process.kill(server.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
  await server.exited;
}
