import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ControlPlane } from './types.ts';

/** Requests by how they ended: an HTTP status, or refused, timeout, unresolved, broken. */
export type Outcomes = Readonly<Record<string, number>>;

export interface TrafficOptions {
  readonly namespace: string;
  /** Names of Services with a port 80. */
  readonly services: readonly string[];
  /** Per Service; default 10. */
  readonly perSecond?: number;
  /** After which an unanswered request is a `timeout`; default 5,000. */
  readonly timeoutMs?: number;
}

/** Requests that go on until stopped. */
export interface Traffic {
  /** What ended so far, by Service; at most a tenth of a second old. */
  counts(): Readonly<Record<string, Outcomes>>;
  /** Sends no more, waits for those under way, and returns the final counts. */
  stop(): Promise<Readonly<Record<string, Outcomes>>>;
}

/**
 * Requests from within the real nodes' network to `http://SERVICE.NAMESPACE/`, each with its own
 * name lookup and connection: what a user of the Services meets. Resolves after the first report.
 * @throws Error when the control plane has no real nodes.
 */
export async function startTraffic(
  cluster: Pick<ControlPlane, 'realNodes'>,
  options: TrafficOptions,
): Promise<Traffic> {
  const { namespace, services, perSecond = 10, timeoutMs = 5_000 } = options;
  if (cluster.realNodes === undefined) {
    throw new Error("startTraffic needs real nodes: startControlPlane({ kubelets: 'real' })");
  }
  const { sandbox, web } = cluster.realNodes;
  const targets = services.map((name) => `${name}=http://${name}.${namespace}.svc.cluster.local./`);
  const args = ['traffic', String(perSecond), String(timeoutMs), ...targets];
  const child = spawn(...sandbox.inside(web, args), { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  let last: Record<string, Outcomes> = {};
  const lines = createInterface({ input: child.stdout });
  const ended = new Promise<void>((resolve, reject) => {
    lines.once('close', resolve);
    child.once('error', reject);
  });
  const first = new Promise<void>((resolve) => lines.once('line', () => resolve()));
  lines.on('line', (line) => {
    last = JSON.parse(line);
  });
  const stop = async () => {
    child.stdin.end();
    await ended;
    return last;
  };
  await Promise.race([first, ended]);
  if (child.exitCode !== null) throw new Error(`the traffic ended with ${child.exitCode}`);
  return { counts: () => last, stop };
}

/** How many of them a user would call lost: all but those answered with a status below 500. */
export function lost(outcomes: Outcomes | undefined): number {
  return Object.entries(outcomes ?? {})
    .filter(([outcome]) => !/^[1-4]\d\d$/.test(outcome))
    .reduce((sum, [, count]) => sum + count, 0);
}
