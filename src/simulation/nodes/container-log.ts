import type { LogLine, Pod, PodMemory } from '../pod-rules/index.ts';

/** Finds a pod on the nodes. */
export interface LogSource {
  find(
    namespace: string,
    name: string,
  ): { readonly pod: Pod; readonly memory: PodMemory } | undefined;
}

export type ContainerLog =
  | { readonly ok: true; readonly lines: readonly LogLine[]; readonly running: boolean }
  | { readonly ok: false; readonly status: 400 | 404; readonly message: string };

/** The log of a container's present or previous run, or the kubelet's words why there is none. */
export function readContainerLog(
  source: LogSource,
  namespace: string,
  podName: string,
  containerName: string,
  previous: boolean,
): ContainerLog {
  const found = source.find(namespace, podName);
  if (found === undefined) {
    return { ok: false, status: 404, message: `pod "${podName}" not found\n` };
  }
  const { init, main } = found.memory;
  const container = [...init, ...main].find(({ name }) => name === containerName);
  if (container === undefined) {
    const message = `container "${containerName}" in pod "${podName}" is not available\n`;
    return { ok: false, status: 404, message };
  }
  const { phase, created } = container;
  if (previous) {
    // While a crashed container waits for its restart, the run that ended last is the previous one.
    if (phase.kind === 'waiting' && created > 0) {
      return { ok: true, lines: container.log, running: false };
    }
    if (created > 1) return { ok: true, lines: container.previousLog, running: false };
    const message = `previous terminated container "${containerName}" in pod "${podName}" not found`;
    return { ok: false, status: 400, message };
  }
  if (created === 0) {
    const reason = phase.kind === 'waiting' ? phase.reason : 'ContainerCreating';
    const message = `container "${containerName}" in pod "${podName}" is waiting to start: ${explain(reason)}`;
    return { ok: false, status: 400, message };
  }
  return { ok: true, lines: container.log, running: phase.kind === 'running' };
}

function explain(reason: string): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  if (reason === 'ImagePullBackOff') return 'trying and failing to pull image';
  return reason;
}
