import { existsSync, readFileSync } from 'node:fs';
import type { ControlPlaneClient } from '../../cluster/types.ts';
import type { Assistant } from '../../story/client.ts';
import { leftOnLease } from '../world/lease-mark.ts';
import { checkRun } from './check.ts';
import type { Flow } from './flows.ts';
import {
  dies,
  kill,
  opened,
  openScene,
  recovered,
  type Scene,
  type Snapshot,
  snapshot,
  takeOver,
} from './scene.ts';
import type { Tally } from './tally.ts';
import { type Killed, killedNow } from './witness.ts';

/** `name:occurrence` of a boundary, as STRATUS_CRASHPOINT takes it. */
export type Point = string;

/** A flow as it goes when nobody kills it. */
export interface Unharmed {
  readonly flow: Flow;
  readonly points: readonly Point[];
  /** How long its transaction is open. */
  readonly ms: number;
  readonly after: Snapshot;
}

export interface Made {
  /** State of the transaction at the end; `none` where the kill came before it began. */
  readonly state: string;
  /** How many of the kills happened where they were meant to. */
  readonly kills: number;
  readonly killed: readonly Killed[];
  readonly intents: readonly string[];
  readonly namespace: string;
  /** Boundaries that the last recovery passed, where they were asked for. */
  readonly recovery: readonly Point[];
}

export interface Lab {
  readonly cluster: ControlPlaneClient;
  readonly folder: string;
  readonly tally: Tally;
  readonly stopped: () => boolean;
}

/** The boundaries of a log, in order, each with its occurrence. */
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

export const nameOf = (point: Point) => point.slice(0, point.lastIndexOf(':'));

/** Runs a flow once, unharmed: the boundaries that it passes, how long it takes, and what it leaves. */
export async function runUnharmed({ cluster, folder }: Lab, flow: Flow): Promise<Unharmed> {
  for (let attempt = 1; ; attempt++) {
    const scene = await openScene(cluster, flow, folder);
    try {
      const log = scene.file('points');
      const server = await scene.start({ STRATUS_CRASHPOINT_LOG: log });
      const running = flow.run(server, scene);
      await Promise.race([opened(scene), running]);
      const startedAt = performance.now();
      await running;
      const ms = performance.now() - startedAt;
      const open = await recovered(scene);
      await kill(server);
      if (open.length > 0) throw new Error(`${flow.name} ends as ${open.join()} by itself`);
      const after = await snapshot(cluster, scene.namespace, flow);
      return { flow, points: pointsOf(readFileSync(log, 'utf8')), ms, after };
    } catch (error) {
      if (attempt === 3) throw new Error(`${flow.name}: ${String(error)}`, { cause: error });
    } finally {
      await scene.remove();
    }
  }
}

/** How the servers of a run die, one after the other; the last one lives. */
export interface Deaths {
  readonly name: string;
  /** Of the first server: at a boundary, or some milliseconds after its transaction was opened. */
  readonly first: { readonly at: Point } | { readonly afterMs: number };
  readonly second?: Point;
  /** Whether the boundaries of the last recovery are wanted. */
  readonly logged?: boolean;
}

/** @returns undefined where the campaign was stopped meanwhile: a Ctrl-C reaches the servers too */
export async function runKilled(
  lab: Lab,
  unharmed: Unharmed,
  deaths: Deaths,
): Promise<Made | undefined> {
  const { cluster, folder, tally } = lab;
  const { flow, after } = unharmed;
  const scene = await openScene(cluster, flow, folder);
  const killed: Killed[] = [];
  let kills = 0;
  const log = scene.file('recovery');
  const living = deaths.logged ? { STRATUS_CRASHPOINT_LOG: log } : {};
  const { second } = deaths;
  let standby: Assistant | undefined;
  let last: Assistant | undefined;
  try {
    if (flow.standby) {
      standby = await startDying(scene, second === undefined ? living : at(second));
    }
    if (await firstDeath(scene, deaths.first)) kills += 1;
    killed.push(killedNow(stepsOf(scene)));
    if (second !== undefined) {
      if (await secondDeath(scene, second, standby)) kills += 1;
      killed.push(killedNow(stepsOf(scene)));
    }
    const takesOver = second === undefined ? standby : undefined;
    last = takesOver ?? (await scene.start(living));
    if (takesOver !== undefined) await takeOver(takesOver, scene);
    const open = await recovered(scene);
    // While it lives: nobody else takes its mark off.
    const mark = await leftOnLease(cluster, scene.lease);
    await kill(last);
    if (lab.stopped()) return undefined;
    await checkRun(scene, deaths, after, { open, mark }, tally);
    const { rows, steps } = scene.journaled();
    return {
      state: rows.at(-1)?.state ?? 'none',
      kills,
      killed,
      intents: steps.map(({ intentId }) => intentId),
      namespace: scene.namespace,
      // Where nothing was left to recover it may have been killed before its first boundary.
      recovery: existsSync(log) ? pointsOf(readFileSync(log, 'utf8')) : [],
    };
  } finally {
    for (const server of [standby, last]) if (server !== undefined) await kill(server);
    await scene.remove();
  }
}

function stepsOf(scene: Scene) {
  try {
    return scene.journaled().steps;
  } catch {
    // It died before the journal was made.
    return [];
  }
}

const at = (point: Point) => ({ STRATUS_CRASHPOINT: point });

/** @returns undefined where it was killed before the client had its first answer */
const startDying = (scene: Scene, env: Readonly<Record<string, string>>) =>
  scene.start(env).catch(() => undefined);

/** After the flow has ended nothing more comes, but what the server does by itself. */
const LINGERS_MS = 1_000;

async function firstDeath(scene: Scene, how: Deaths['first']): Promise<boolean> {
  const server = await startDying(scene, 'at' in how ? at(how.at) : {});
  if (server === undefined) return true;
  const flow = scene.flow.run(server, scene).catch(() => undefined);
  if ('at' in how) {
    await Promise.race([flow, server.exited]);
    const died = await dies(server, LINGERS_MS);
    await kill(server);
    await flow;
    return died;
  }
  await Promise.race([opened(scene), flow]);
  await dies(server, how.afterMs);
  await kill(server);
  await flow;
  return true;
}

async function secondDeath(
  scene: Scene,
  point: Point,
  standby: Assistant | undefined,
): Promise<boolean> {
  const server = standby ?? (await startDying(scene, at(point)));
  // Killed before the client had its first answer.
  if (server === undefined) return true;
  const recovery = standby === undefined ? recovered(scene) : takeOver(standby, scene);
  await Promise.race([server.exited, recovery.catch(() => undefined)]);
  const died = await dies(server, LINGERS_MS);
  await kill(server);
  return died;
}
