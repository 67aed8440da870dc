import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TransactionRow } from '../../../src/journal/types.ts';
import { makeLease } from '../../cluster/lease.ts';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import { type Assistant, startAssistant } from '../../story/client.ts';
import { inJournal } from '../world/journal.ts';
import { type FaultyNetwork, startFaultyNetwork } from '../world/network.ts';

const POLICY = fileURLToPath(new URL('../../recovery/policy.yaml', import.meta.url));
/** Short, so that a pause past its expiry is short too. */
export const LEASE_SECONDS = 3;
/** Longer than any recovery: a create that was in flight is waited out for 36 s. */
const RECOVERED_MS = 90_000;

/** One Lease, two journals, and the servers on them; runs follow one another in it. */
export class Lane {
  readonly lease: string;
  readonly #cluster: ControlPlaneClient;
  readonly #folder: string;
  readonly #networks: FaultyNetwork[] = [];
  #first: Assistant | undefined;
  #starts = 0;

  private constructor(cluster: ControlPlaneClient, folder: string, index: number) {
    this.#cluster = cluster;
    this.#folder = folder;
    this.lease = `kube-system/faults-${index}`;
  }

  static async open(cluster: ControlPlaneClient, folder: string, index: number): Promise<Lane> {
    const lane = new Lane(cluster, join(folder, `lane-${index}`), index);
    const [namespace = '', name = ''] = lane.lease.split('/');
    await makeLease(cluster.kubeconfig(), { namespace, name, seconds: LEASE_SECONDS });
    for (let i = 0; i < 2; i++) lane.#networks.push(await startFaultyNetwork(cluster));
    return lane;
  }

  /** The one that misbehaves, and a sound one for whoever comes after. */
  network(which: 'faulty' | 'sound'): FaultyNetwork {
    const network = this.#networks[which === 'faulty' ? 0 : 1];
    if (network === undefined) throw new Error('the lane is closed');
    return network;
  }

  journal(which: 'own' | 'other' = 'own'): string {
    return join(`${this.#folder}-${which}`, 'journal.db');
  }

  /** The server behind the faulty network; started when there is none. */
  async server(): Promise<Assistant> {
    this.#first ??= await this.start('faulty', 'own');
    return this.#first;
  }

  async start(network: 'faulty' | 'sound', journal: 'own' | 'other'): Promise<Assistant> {
    this.#starts += 1;
    const server = await startAssistant({
      kubeconfig: this.network(network).kubeconfig,
      journal: this.journal(journal),
      policy: POLICY,
      env: { STRATUS_LEASE: this.lease, STRATUS_LEASE_SECONDS: String(LEASE_SECONDS) },
      clientName: `lane-${this.#starts}`,
    });
    // Only now its journal is there.
    await server.call('transaction_status', { open: true });
    return server;
  }

  /** Kills the server behind the faulty network. */
  async kill(): Promise<void> {
    const server = this.#first;
    this.#first = undefined;
    if (server !== undefined) await kill(server);
  }

  /** How many transactions the journal has. */
  transactions(): TransactionRow[] {
    return inJournal(this.journal(), ({ transactions }) =>
      transactions.list({ limit: 100_000 }).rows.toReversed(),
    );
  }

  async close(): Promise<void> {
    await this.kill();
    for (const network of this.#networks.splice(0)) await network.close();
  }

  get cluster(): ControlPlaneClient {
    return this.#cluster;
  }
}

export async function kill(server: Assistant): Promise<void> {
  try {
    // A stopped one dies of it too.
    process.kill(server.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
  await server.exited;
}

/** Waits until no transaction is open any more. @returns what is still open after all, as the server tells it */
export async function settled(server: Assistant): Promise<string | undefined> {
  const end = performance.now() + RECOVERED_MS;
  for (;;) {
    const open = await server.call('transaction_status', { open: true });
    if (!open.isError && open.data.total === 0) return undefined;
    if (performance.now() > end) return open.text;
    await sleep(100);
  }
}
