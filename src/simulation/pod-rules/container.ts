import { crashed, decideRestart, runContainer, stopContainer } from './container-run.ts';
import { createContainer, refusePull, startPull } from './container-start.ts';
import type { ContainerMemory, PodEvent } from './memory.ts';
import type { Container, Pod } from './pod.ts';
import type { PodRules } from './rules.ts';
import type { Listener } from './run.ts';
import type { World } from './world.ts';

/** One container's surroundings during one step of its pod. */
export interface ContainerSite {
  readonly pod: Pod;
  readonly container: Container;
  readonly isInit: boolean;
  readonly podIp: string;
  readonly nodeName: string;
  readonly hostIp: string;
  readonly world: World;
  readonly rules: PodRules;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** One nominal second in milliseconds. */
  readonly second: number;
  /** Servers in the pod's other containers. */
  readonly neighbours: readonly Listener[];
  emit(event: PodEvent): void;
}

/** More than any container can pass through at one moment. */
const PHASES_PER_STEP = 20;

export function newContainer(name: string, hasInit: boolean, created = 0): ContainerMemory {
  const reason = hasInit ? 'PodInitializing' : 'ContainerCreating';
  return {
    name,
    phase: { kind: 'waiting', reason, next: 'pull', at: 0 },
    created,
    crashBackOff: 0,
    pullBackOff: 0,
    log: [],
    previousLog: [],
  };
}

/** Moves a container on to `site.now`, through as many phases as are due. */
export function advanceContainer(start: ContainerMemory, site: ContainerSite): ContainerMemory {
  let memory = start;
  for (let round = 0; round < PHASES_PER_STEP; round += 1) {
    const next = advanceOnce(memory, site);
    if (next === memory) return memory;
    memory = next;
  }
  return memory;
}

function advanceOnce(memory: ContainerMemory, site: ContainerSite): ContainerMemory {
  const { phase } = memory;
  const deleting = site.pod.metadata.deletionTimestamp !== undefined;
  if (phase.kind === 'running') {
    if (deleting && phase.stop?.deleted !== true) return stopContainer(memory, phase, site);
    return runContainer(memory, phase, site);
  }
  if (deleting) return memory;
  if (phase.kind === 'terminated') {
    if (phase.decideAt === undefined || phase.decideAt > site.now) return memory;
    return decideRestart(memory, phase, site);
  }
  if (phase.at > site.now) return memory;
  switch (phase.next) {
    case 'pull':
      return startPull(memory, site);
    case 'refuse-pull':
    case 'back-off-pull':
      return refusePull(memory, phase, site);
    case 'create':
      return createContainer(memory, site, crashed);
  }
}

/** When the container next changes by itself, in ms since the epoch; Infinity for never. */
export function containerWake({ phase }: ContainerMemory): number {
  if (phase.kind === 'waiting') return phase.at;
  if (phase.kind === 'terminated') return phase.decideAt ?? Infinity;
  if (phase.stop !== undefined) return phase.stop.at;
  const probes = Object.entries(phase.probes)
    .filter(([kind]) => (kind === 'startup') !== phase.started)
    .map(([, probe]) => probe.nextAt ?? Infinity);
  return Math.min(
    phase.run.blockedUntil,
    phase.outOfMemoryAt ?? Infinity,
    phase.complainAt ?? Infinity,
    ...probes,
  );
}
