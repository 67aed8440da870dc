import { newContainer } from './container.ts';
import { type ContainerMemory, type PodMemory, timestamp } from './memory.ts';
import type { Container, ContainerStatus, Pod, TerminatedState } from './pod.ts';

/**
 * What a node that sees a pod for the first time makes of it. A pod that ran
 * under an earlier node process keeps its restart counts, conditions and
 * finished containers; what was running then is started again.
 */
export function firstMemory(pod: Pod, now: number): PodMemory {
  const { status } = pod;
  const finished = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const hasInit = (pod.spec.initContainers ?? []).length > 0;
  const known = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const adopt = (container: Container, isMain: boolean): ContainerMemory => {
    const before = known.find((one) => one.name === container.name);
    const fresh = newContainer(container.name, isMain && hasInit, timesCreated(before));
    const ended = before?.state.terminated;
    if (finished || (!isMain && ended?.exitCode === 0)) {
      return { ...fresh, phase: { kind: 'terminated', state: ended ?? lost(now) } };
    }
    if (fresh.created === 0) return fresh;
    return { ...fresh, last: ended ?? before?.lastState.terminated ?? lost(now) };
  };
  const conditions = (status?.conditions ?? []).map((condition) => {
    const since = parseTime(condition.lastTransitionTime, now);
    return [condition.type, { status: condition.status, since }] as const;
  });
  return {
    startedAt: parseTime(status?.startTime, now),
    mount: { mounted: finished, retryAt: 0, backOff: 0.5 },
    init: (pod.spec.initContainers ?? []).map((container) => adopt(container, false)),
    main: pod.spec.containers.map((container) => adopt(container, true)),
    conditions: Object.fromEntries(conditions),
  };
}

function timesCreated(status: ContainerStatus | undefined): number {
  return (status?.restartCount ?? 0) + (status?.containerID === undefined ? 0 : 1);
}

/** The state that a kubelet reports for a container that it can't find any more. */
function lost(now: number): TerminatedState {
  return {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    startedAt: null,
    finishedAt: timestamp(now),
  };
}

function parseTime(text: string | null | undefined, otherwise: number): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? otherwise : time;
}
