import type { ContainerMemory, PodMemory } from './memory.ts';
import type { Pod, PodStatus } from './pod.ts';

/** The pod's phase from its containers' states, as the kubelet derives it. */
export function podPhase(pod: Pod, memory: PodMemory, initialized: boolean): PodStatus['phase'] {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const deleting = pod.metadata.deletionTimestamp !== undefined;
  if (deleting && memory.main.every(isStopped)) {
    return memory.main.every(succeeded) ? 'Succeeded' : 'Failed';
  }
  if (memory.init.some((one, at) => isFinalFailure(one) && !isSidecar(pod, at))) return 'Failed';
  if (!initialized) return 'Pending';
  const states = memory.main.map(standing);
  if (states.includes('waiting')) return 'Pending';
  if (states.includes('running')) return 'Running';
  if (policy === 'Always' || memory.main.some(restarts)) return 'Running';
  return memory.main.every(succeeded) ? 'Succeeded' : 'Failed';
}

/** A container that ran before counts as stopped while it waits for its restart. */
function standing({ phase, last }: ContainerMemory): 'waiting' | 'running' | 'stopped' {
  if (phase.kind === 'running') return 'running';
  if (phase.kind === 'terminated') return 'stopped';
  return last === undefined ? 'waiting' : 'stopped';
}

function isStopped({ phase }: ContainerMemory): boolean {
  return phase.kind === 'terminated';
}

function restarts({ phase }: ContainerMemory): boolean {
  return phase.kind === 'waiting' || (phase.kind === 'terminated' && phase.decideAt !== undefined);
}

function succeeded({ phase }: ContainerMemory): boolean {
  return phase.kind === 'terminated' && phase.state.exitCode === 0;
}

function isFinalFailure({ phase }: ContainerMemory): boolean {
  return phase.kind === 'terminated' && phase.decideAt === undefined && phase.state.exitCode !== 0;
}

function isSidecar(pod: Pod, at: number): boolean {
  return pod.spec.initContainers?.[at]?.restartPolicy === 'Always';
}
