import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { KubeObject } from '../../src/core/kube.ts';
import type { ControlPlaneClient } from '../cluster/index.ts';
import type { Assistant } from '../story/client.ts';
import {
  type Bench,
  contentOf,
  expectChainWhole,
  expectNoMarks,
  expectRecreated,
  expectUntouched,
  kill,
  openBench,
  settled,
} from './bench.ts';

const DIES_MS = 60_000;

/** A guarded write from begin to end, as a client makes it. */
export interface Flow {
  readonly name: string;
  /** The ConfigMap it is about. */
  readonly object: string;
  /** Makes the calls; the server may die in any of them. */
  run(server: Assistant, bench: Bench): Promise<void>;
  readonly recreates?: boolean;
}

/** `name:occurrence` of a boundary, as STRATUS_CRASHPOINT takes it. */
export type Point = string;

/** All boundaries that a process reaches, in order, each with its occurrence. */
export function pointsOf(log: string): Point[] {
  const seen = new Map<string, number>();
  return log
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => {
      const occurrence = (seen.get(name) ?? 0) + 1;
      seen.set(name, occurrence);
      return `${name}:${occurrence}`;
    });
}

/** Around what is written to the journal about a transaction, and to the cluster; the crash campaign has them all. */
const WRITES =
  /^journal\.(create|addStep|moveStep|move|update|adopt)\b|^cluster\.(send|fence|undo|ownership)\./;

/** Runs the flow once, unharmed, and tells the boundaries that it passed. */
export async function discover(cluster: ControlPlaneClient, flow: Flow): Promise<Point[]> {
  const bench = await openBench(cluster, 'discover');
  try {
    const log = join(bench.journal, '..', 'points');
    const server = await bench.start({ STRATUS_CRASHPOINT_LOG: log });
    await flow.run(server, bench);
    await kill(server);
    return pointsOf(readFileSync(log, 'utf8')).filter((point) => WRITES.test(point));
  } finally {
    bench.remove();
  }
}

/**
 * One server dies at `point`; those that come after it die at theirs while they recover. The last
 * one is unharmed: then all is as before or, for a decided commit, as decided; and work goes on.
 */
export async function survive(
  cluster: ControlPlaneClient,
  flow: Flow,
  point: Point,
  recoveryPoints: readonly Point[] = [],
): Promise<void> {
  const bench = await openBench(cluster, 'crash');
  let last: Assistant | undefined;
  try {
    const before = await bench.configMap(flow.object);
    await diesAt(bench, point, (server) => flow.run(server, bench));
    for (const next of recoveryPoints) await diesAt(bench, next, () => undefined);
    last = await bench.start();
    const transactions = await settled(last);
    const after = await bench.configMap(flow.object);
    expect(transactions.map(({ state }) => state)).toEqual(expectedStates(point));
    if (transactions[0]?.state === 'COMMITTED') expectCommitted(after, before);
    else if (flow.recreates && after?.metadata.uid !== before?.metadata.uid)
      expectRecreated(after, before);
    else expectUntouched(after, before);
    await expectNoMarks(bench);
    await goesOn(last, bench);
    expectChainWhole(bench);
  } catch (error) {
    const log = last === undefined ? '' : `\nlog of the last server:\n${last.stderr()}`;
    const where = [point, ...recoveryPoints].join(' then ');
    throw new Error(`${flow.name}, killed at ${where}: ${String(error)}${log}`, { cause: error });
  } finally {
    if (last !== undefined) await kill(last);
    bench.remove();
  }
}

/** Starts a server that dies at that boundary while it does the work. */
export async function diesAt(
  bench: Bench,
  point: Point,
  work: (server: Assistant) => Promise<void> | undefined,
): Promise<void> {
  let server: Assistant;
  try {
    server = await bench.start({ STRATUS_CRASHPOINT: point });
  } catch {
    // It recovers in the background and may die before the client has its first answer.
    return;
  }
  await work(server)?.catch(() => undefined);
  const timer = new AbortController();
  const alive = new Promise((resolve) => {
    const timeout = setTimeout(() => resolve('alive'), DIES_MS);
    timer.signal.addEventListener('abort', () => clearTimeout(timeout));
  });
  const end = await Promise.race([server.exited.then(() => 'dead'), alive]);
  timer.abort();
  if (end === 'dead') return;
  await kill(server);
  throw new Error(`it never came to ${point}`);
}

const DECIDED = /COMMIT_DECIDED\.after|FINALIZING|COMMITTED/;

function expectedStates(point: Point): string[] {
  if (point.startsWith('journal.create.before')) return [];
  return [DECIDED.test(point) ? 'COMMITTED' : 'ABORTED'];
}

function expectCommitted(after: KubeObject | undefined, before: KubeObject | undefined): void {
  if (after === undefined || before === undefined) throw new Error('a patch removed the object');
  const data = { level: 'info', mode: 'slow' };
  expect(after.data).toEqual(data);
  const { object } = contentOf({ ...after, data: before.data ?? {} }) as { object: KubeObject };
  expect(object).toEqual((contentOf(before) as { object: KubeObject }).object);
}

/** The lock is free and the next transaction commits. */
async function goesOn(server: Assistant, { namespace }: Bench): Promise<void> {
  const answer = await server.call('mitigate_patch', {
    kind: 'ConfigMap',
    name: 'other',
    namespace,
    patch: { data: { mode: 'next' } },
    reason: 'work goes on',
  });
  expect(answer.data.status, answer.text).toBe('committed');
}

/** Runs the jobs, a few at a time, all of them, and throws all that went wrong in one error. */
export async function all(jobs: readonly (() => Promise<void>)[], atOnce = 4): Promise<void> {
  const queue = [...jobs];
  const failures: string[] = [];
  const work = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      await job().catch((error: unknown) => failures.push(String(error)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  if (failures.length > 0) {
    throw new Error(`${failures.length} of ${jobs.length}:\n\n${failures.join('\n\n')}`);
  }
}
