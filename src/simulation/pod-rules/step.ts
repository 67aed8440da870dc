import { firstMemory } from './adopt.ts';
import { podConditions } from './conditions.ts';
import { advanceContainer, type ContainerSite, containerWake } from './container.ts';
import { hasDependencies } from './dependencies.ts';
import { type ContainerMemory, type PodEvent, type PodMemory, timestamp } from './memory.ts';
import { podPhase } from './phase.ts';
import type { Container, Pod, PodStatus } from './pod.ts';
import { type PodRules, scaledMs } from './rules.ts';
import type { Listener } from './run.ts';
import { containerStatus } from './status.ts';
import { mountFailure } from './volume.ts';
import type { World } from './world.ts';

export interface StepInput {
  readonly pod: Pod;
  /** The result of the step before; undefined for a pod that this node sees for the first time. */
  readonly memory: PodMemory | undefined;
  readonly nodeName: string;
  readonly hostIp: string;
  /** The pod's address; the caller hands out one per pod. */
  readonly podIp: string;
  readonly world: World;
  readonly rules: PodRules;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Step {
  readonly memory: PodMemory;
  readonly status: PodStatus;
  readonly events: readonly PodEvent[];
  /** When to step again without any change from outside; Infinity for never. */
  readonly wakeAt: number;
  /** A change of Services or of other pods can change this pod. */
  readonly watchesWorld: boolean;
  /** The pod is being deleted and nothing of it runs: the object may go. */
  readonly removable: boolean;
}

const LONGEST_MOUNT_BACK_OFF = 122;

/**
 * One step of a node's work on a pod: a pure function of what the node knows
 * and the time. It does everything that is due at `now` and says when it wants
 * to be called again. Calling it early or twice changes nothing.
 */
export function stepPod(input: StepInput): Step {
  const { pod, rules, now } = input;
  const events: PodEvent[] = [];
  const second = scaledMs(rules, 1);
  let memory = input.memory ?? firstMemory(pod, now);
  memory = mount(memory, input, second, (event) => events.push(event));
  if (memory.mount.mounted || pod.metadata.deletionTimestamp !== undefined) {
    memory = advanceAll(memory, input, second, (event) => events.push(event));
  }
  const initialized = isInitialized(pod, memory);
  const phase = podPhase(pod, memory, initialized);
  const { conditions, since } = podConditions({ pod, memory, phase, initialized, now });
  memory = { ...memory, conditions: since };
  const all = [...memory.init, ...memory.main];
  const deleting = pod.metadata.deletionTimestamp !== undefined;
  return {
    memory,
    status: buildStatus(input, memory, phase, conditions),
    events,
    wakeAt: wakeTime(pod, memory, initialized),
    watchesWorld: all.some(
      (one) => one.phase.kind === 'running' && hasDependencies(one.phase.environment),
    ),
    removable: deleting && all.every((one) => one.phase.kind !== 'running'),
  };
}

function mount(
  memory: PodMemory,
  input: StepInput,
  second: number,
  emit: (event: PodEvent) => void,
): PodMemory {
  const { mounted, retryAt, backOff } = memory.mount;
  if (mounted || retryAt > input.now) return memory;
  if (input.pod.metadata.deletionTimestamp !== undefined) return memory;
  const message = mountFailure(input.pod, input.world);
  if (message === undefined) return { ...memory, mount: { mounted: true, retryAt: 0, backOff } };
  emit({ type: 'Warning', reason: 'FailedMount', message });
  const next = Math.min(backOff * 2, LONGEST_MOUNT_BACK_OFF);
  const again = input.now + backOff * second;
  return { ...memory, mount: { mounted: false, retryAt: again, backOff: next } };
}

function advanceAll(
  start: PodMemory,
  input: StepInput,
  second: number,
  emit: (event: PodEvent) => void,
): PodMemory {
  const { pod } = input;
  const init = [...start.init];
  const main = [...start.main];
  const advance = (list: ContainerMemory[], at: number, isInit: boolean): void => {
    const container = (isInit ? pod.spec.initContainers : pod.spec.containers)?.[at];
    const memory = list[at];
    if (container === undefined || memory === undefined) return;
    const others = [...init, ...main].filter((one) => one !== memory);
    const site: ContainerSite = {
      ...input,
      container,
      isInit,
      second,
      neighbours: others.flatMap(listenersOf),
      emit,
    };
    list[at] = advanceContainer(memory, site);
  };
  for (const [at] of init.entries()) {
    advance(init, at, true);
    if (!initDone(pod.spec.initContainers?.[at], init[at])) return { ...start, init, main };
  }
  for (const [at] of main.entries()) advance(main, at, false);
  return { ...start, init, main };
}

function listenersOf({ phase }: ContainerMemory): readonly Listener[] {
  return phase.kind === 'running' ? phase.run.listeners : [];
}

/** An init container is done when it succeeded; a sidecar when it is up. */
function initDone(container: Container | undefined, memory: ContainerMemory | undefined): boolean {
  const phase = memory?.phase;
  if (container?.restartPolicy === 'Always') {
    return phase?.kind === 'running' ? phase.started : (memory?.created ?? 0) > 0;
  }
  return phase?.kind === 'terminated' && phase.state.exitCode === 0;
}

function isInitialized(pod: Pod, memory: PodMemory): boolean {
  return memory.init.every((one, at) => initDone(pod.spec.initContainers?.[at], one));
}

function wakeTime(pod: Pod, memory: PodMemory, initialized: boolean): number {
  const deleting = pod.metadata.deletionTimestamp !== undefined;
  if (!memory.mount.mounted && !deleting) return memory.mount.retryAt;
  const pending = memory.init.findIndex((one, at) => !initDone(pod.spec.initContainers?.[at], one));
  const active = initialized ? [...memory.init, ...memory.main] : memory.init.slice(0, pending + 1);
  const waking = deleting
    ? [...memory.init, ...memory.main].filter(({ phase }) => phase.kind === 'running')
    : active;
  return Math.min(Infinity, ...waking.map(containerWake));
}

function buildStatus(
  input: StepInput,
  memory: PodMemory,
  phase: PodStatus['phase'],
  conditions: PodStatus['conditions'],
): PodStatus {
  const { pod, podIp, hostIp } = input;
  const statuses = (
    containers: readonly Container[],
    list: readonly ContainerMemory[],
    isInit: boolean,
  ) =>
    containers.flatMap((container, at) => {
      const one = list[at];
      return one === undefined ? [] : [containerStatus(container, one, pod.metadata.uid, isInit)];
    });
  const initContainers = pod.spec.initContainers ?? [];
  return {
    ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    phase,
    conditions,
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(memory.mount.mounted && { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime: timestamp(memory.startedAt),
    ...(initContainers.length > 0 && {
      initContainerStatuses: statuses(initContainers, memory.init, true),
    }),
    containerStatuses: statuses(pod.spec.containers, memory.main, false),
  };
}
