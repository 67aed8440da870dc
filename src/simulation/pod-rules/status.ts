import { createHash } from 'node:crypto';
import { imageId, normalizeImage } from './image.ts';
import { type ContainerMemory, timestamp } from './memory.ts';
import type { Container, ContainerState, ContainerStatus } from './pod.ts';

/** A stable stand-in for the runtime's id of a pod's nth container. */
export function containerId(podUid: string, name: string, created: number): string {
  const digest = createHash('sha256').update(`${podUid}/${name}/${created}`).digest('hex');
  return `containerd://${digest}`;
}

export function isReady(memory: ContainerMemory): boolean {
  return memory.phase.kind === 'running' && memory.phase.ready && memory.phase.stop === undefined;
}

/** A container's entry in the pod's status. */
export function containerStatus(
  container: Container,
  memory: ContainerMemory,
  podUid: string,
  isInit: boolean,
): ContainerStatus {
  const reference = container.image ?? '';
  const { phase } = memory;
  const completedInit = isInit && phase.kind === 'terminated' && phase.state.exitCode === 0;
  // Only a sidecar is ready while it runs; other init containers are when they are done.
  const countsReady = !isInit || container.restartPolicy === 'Always';
  const exists = memory.created > 0;
  return {
    name: container.name,
    state: shownState(memory),
    lastState: lastState(memory),
    ready: completedInit || (countsReady && isReady(memory)),
    started: phase.kind === 'running' && phase.started,
    restartCount: Math.max(memory.created - 1, 0),
    image: exists ? (normalizeImage(reference) ?? reference) : reference,
    imageID: exists ? imageId(reference) : '',
    ...(exists && { containerID: containerId(podUid, container.name, memory.created) }),
  };
}

function shownState({ phase }: ContainerMemory): ContainerState {
  if (phase.kind === 'running') return { running: { startedAt: timestamp(phase.startedAt) } };
  if (phase.kind === 'terminated') {
    return phase.shown === undefined ? { terminated: phase.state } : { waiting: phase.shown };
  }
  const { reason, message } = phase;
  return { waiting: message === undefined ? { reason } : { reason, message } };
}

/** The run before the one that `state` shows. */
function lastState({ phase, last }: ContainerMemory): ContainerState {
  const hidden = phase.kind === 'terminated' && phase.shown !== undefined ? phase.state : last;
  return hidden === undefined ? {} : { terminated: hidden };
}
