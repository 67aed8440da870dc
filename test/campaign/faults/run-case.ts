import { setTimeout as sleep } from 'node:timers/promises';
import { at, objectsOf } from '../../../src/core/json.ts';
import { freeze } from '../../cluster/freeze.ts';
import type { Assistant } from '../../story/client.ts';
import { objectsFor } from '../world/flows.ts';
import { leftOnLease } from '../world/lease-mark.ts';
import type { Delivery, PassingRequest } from '../world/network.ts';
import { type Snapshot, snapshot } from '../world/snapshot.ts';
import { startThirdParty } from '../world/third-party.ts';
import type { Case, Course } from './cases.ts';
import { kill, type Lane, LEASE_SECONDS, settled } from './lane.ts';
import { kindOf, type RequestKind } from './requests.ts';

const PAUSE_MS = LEASE_SECONDS * 1_000 + 1_500;
const FLOW_MS = 120_000;
/** They write at most this long after the request that is hit came. */
const BESIDE_MS = 150;

/** What a run left to be judged. */
export interface Run {
  readonly namespace: string;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** What the third party wrote last, by path. */
  readonly theirs: ReadonlyMap<string, string>;
  /** Number of transactions in the journal before and after. */
  readonly from: number;
  readonly to: number;
  readonly deliveries: readonly Delivery[];
  readonly seen: readonly RequestKind[];
  /** The request that was hit; undefined when the flow never came to it. */
  readonly hit: PassingRequest | undefined;
  /** Statuses of requests that were delivered after the next holder had started. */
  readonly late: readonly number[];
  /** What the flow's calls were answered, errors only. */
  readonly errors: readonly string[];
  /** What did not come to an end, in words. */
  readonly stuck: readonly string[];
  /** What the Lease still named when all was settled. */
  readonly mark: string | undefined;
}

/** Arranges a namespace, runs the flow with the fault in it, heals everything and waits until it is resolved. */
export async function runCase(
  lane: Lane,
  course: Course,
  harm: Pick<Case, 'target' | 'fault' | 'beside'> | undefined,
  pause: () => number,
): Promise<Run> {
  const { cluster } = lane;
  const namespace = await cluster.namespace('faults');
  const place = { namespace, object: pathOf(course.flow.object), lease: lane.lease };
  await cluster.apply(objectsFor(course.flow, namespace));
  if (course.flow.needs === 'Deployment') await available(lane, namespace);
  const server = await lane.server();
  const from = lane.transactions().length;
  const before = await snapshot(cluster, namespace);
  const network = lane.network('faulty');
  const starts = [network.deliveries.length, lane.network('sound').deliveries.length];

  const seen: RequestKind[] = [];
  const stuck: string[] = [];
  let hit: PassingRequest | undefined;
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  let lost = course.lost;
  network.fate = (request) => {
    const kind = kindOf(request, place);
    if (kind === undefined) return 'pass';
    if (lost && kind === 'write') {
      lost = false;
      return 'drop request';
    }
    seen.push(kind);
    if (hit !== undefined || harm === undefined) return 'pass';
    const { target, fault } = harm;
    const count = seen.filter((it) => it === kind).length;
    if (kind !== target.kind || count !== target.occurrence) return 'pass';
    hit = request;
    if (fault.process.startsWith('paused')) freeze(server.pid);
    reach();
    return fault.fate;
  };
  const urlOf = (path: string) => `${rootOf(path)}/namespaces/${namespace}/${path}`;
  const theirs = startThirdParty(cluster, urlOf('configmaps/other'), pause);
  if (harm?.beside === true) {
    // Any earlier and we would refuse to write over what was planned on something else.
    void reached
      .then(() => sleep(pause() % BESIDE_MS))
      .then(() => theirs.write(urlOf(place.object)));
  }
  const errors: string[] = [];
  const flow = course.flow.run(listened(server, errors), namespace).catch(() => undefined);
  const late: number[] = [];
  if (harm !== undefined) {
    const came = await Promise.race([reached.then(() => true), flow.then(() => false)]);
    if (came) late.push(...(await meanwhile(lane, server, harm, stuck)));
  }
  await within(flow, FLOW_MS, () => stuck.push(`the flow did not end within ${FLOW_MS / 1_000} s`));
  network.fate = () => 'pass';
  const last = await lane.server();
  const open = await settled(last);
  if (open !== undefined) stuck.push(`still open: ${open}\n${last.stderr().slice(-2_000)}`);
  await network.quiet();
  // The next write would take its place.
  const mark = await leftOnLease(cluster, lane.lease);
  const written = await theirs.stop();
  const next = await last.call('mitigate_patch', {
    kind: 'ConfigMap',
    name: 'other',
    namespace,
    patch: { data: { mode: 'next' } },
    reason: 'work goes on',
  });
  if (next.data.status !== 'committed') stuck.push(`work does not go on: ${next.text}`);
  const after = await snapshot(cluster, namespace);
  const to = lane.transactions().length;
  const deliveries = ['faulty', 'sound'].flatMap((which, i) =>
    lane.network(which as 'faulty').deliveries.slice(starts[i]),
  );
  const inNamespace = new Map([...written].map(([path, value]) => [nameOf(path), value]));
  if (course.flow.needs === 'Deployment') {
    await cluster.request('DELETE', `/api/v1/namespaces/${namespace}`);
  }
  return {
    namespace,
    before,
    after,
    theirs: inNamespace,
    from,
    to,
    deliveries,
    seen,
    hit,
    late,
    errors,
    stuck,
    mark,
  };
}

function listened(server: Assistant, errors: string[]): Assistant {
  return {
    ...server,
    call: async (tool, args) => {
      const answer = await server.call(tool, args);
      if (answer.isError) errors.push(`${tool}: ${answer.text}`);
      return answer;
    },
  };
}

/** What happens to the processes while the request is on its way. @returns statuses of what was delivered late */
async function meanwhile(
  lane: Lane,
  server: Assistant,
  { fault }: Pick<Case, 'fault'>,
  stuck: string[],
): Promise<number[]> {
  const network = lane.network('faulty');
  if (fault.process === 'goes on') return [];
  if (fault.process === 'killed') {
    if (fault.fate === 'hold') await network.held();
    else await sleep(50);
    await lane.kill();
    const next = await lane.server();
    const open = await settled(next);
    if (open !== undefined) stuck.push(`not recovered: ${open}\n${next.stderr().slice(-2_000)}`);
    return network.deliver();
  }
  const pausedAt = performance.now();
  const other = await lane.start('sound', fault.process.endsWith('same journal') ? 'own' : 'other');
  try {
    // It may be told that somebody else is writing. What it may not do is to write beside an open transaction.
    await other.call('transaction_status', { open: true });
    await sleep(Math.max(0, PAUSE_MS - (performance.now() - pausedAt)));
    const late = await network.deliver();
    process.kill(server.pid, 'SIGCONT');
    return late;
  } finally {
    await kill(other);
  }
}

async function available(lane: Lane, namespace: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  await lane.cluster.waitFor('the Deployments', async () => {
    const { json } = await lane.cluster.request('GET', path);
    return objectsOf(json.items).every((it) => at(it, 'status', 'availableReplicas') === 1);
  });
}

async function within(work: Promise<unknown>, ms: number, late: () => void): Promise<void> {
  const timer = new AbortController();
  await Promise.race([
    work.finally(() => timer.abort()),
    sleep(ms, undefined, { signal: timer.signal }).then(late, () => undefined),
  ]);
}

const PLURALS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Deployment: 'deployments',
};

/** `ConfigMap/settings` → `configmaps/settings`. */
function pathOf(object: string): string {
  const [kind = '', name = ''] = object.split('/');
  return `${PLURALS[kind]}/${name}`;
}

function rootOf(path: string): string {
  return path.startsWith('deployments/') ? '/apis/apps/v1' : '/api/v1';
}

/** The way back. */
function nameOf(path: string): string {
  const [plural, name] = path.split('/').slice(-2);
  const kind = Object.entries(PLURALS).find(([, it]) => it === plural)?.[0];
  return `${kind}/${name}`;
}
