import { at, type JsonObject, numberOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { type ContainerStatus, factsOf, once, timeOf } from '../facts.ts';
import { byOwner, type Context, type PodHit, type Predicate } from '../predicate.ts';
import { isTerminating, type View } from '../view.ts';

/**
 * Waiting reasons that need somebody, with one word for those that alternate while nothing changes:
 * a pull fails (ErrImagePull), backs off (ImagePullBackOff) and fails again.
 */
const WAITING_REASONS: Readonly<Record<string, string>> = {
  ErrImagePull: 'ImagePull',
  ImagePullBackOff: 'ImagePull',
  ImageInspectError: 'ImagePull',
  RegistryUnavailable: 'ImagePull',
  InvalidImageName: 'InvalidImageName',
  ErrImageNeverPull: 'ErrImageNeverPull',
  CreateContainerConfigError: 'CreateContainerConfigError',
  CreateContainerError: 'CreateContainerError',
  CrashLoopBackOff: 'CrashLoop',
  RunContainerError: 'CrashLoop',
  PostStartHookError: 'CrashLoop',
};

/** A container that restarted runs this long before it counts as well again, ms. */
const RECOVERY_MS = 120_000;

/** Restarts after which even exit code 0 is a loop. */
const MANY_RESTARTS = 3;

/** What is wrong with the containers of a pod, init containers included; empty when nothing is. */
export function containerHits(
  pod: KubeObject,
  now: number,
  restartsBefore: Readonly<Record<string, number>> | undefined,
): PodHit[] {
  const { isCalm, containers } = factsOf(pod);
  if (isCalm || isTerminating(pod)) return [];
  const hits: PodHit[] = [];
  for (const container of containers) {
    const { name, status, key } = container;
    const waiting = stringOf(at(status, 'state', 'waiting', 'reason'));
    const reason = waiting === undefined ? undefined : WAITING_REASONS[waiting];
    if (waiting !== undefined && reason !== undefined) {
      const detail = stringOf(at(status, 'state', 'waiting', 'message')) ?? '';
      const ended = lastRun(status);
      hits.push({ pod, reason, message: `container ${name} ${waiting}${ended} ${detail}`.trim() });
      continue;
    }
    const before = restartsBefore && (restartsBefore[key] ?? 0);
    const loop = crashLoop(pod, container, now, before);
    if (loop !== undefined) {
      hits.push({ pod, reason: 'CrashLoop', message: `container ${name} ${loop}` });
    }
  }
  return hits;
}

/** The cause that the back-off itself doesn't name. */
function lastRun(status: JsonObject): string {
  const last = at(status, 'lastState', 'terminated');
  if (last === undefined) return '';
  const why = stringOf(at(last, 'reason')) ?? 'Error';
  return ` (last run: ${why}, exit code ${numberOf(at(last, 'exitCode')) ?? 0})`;
}

/** Why a container that isn't backing off right now is crash-looping all the same. */
function crashLoop(
  pod: KubeObject,
  { status, init, restarts }: ContainerStatus,
  now: number,
  before: number | undefined,
): string | undefined {
  const ended = at(status, 'state', 'terminated');
  if (ended !== undefined) {
    const code = numberOf(at(ended, 'exitCode')) ?? 0;
    const phase = at(pod, 'status', 'phase');
    // A pod that ended for good is a matter of its phase; an init container that ended well is done.
    if (phase === 'Failed' || phase === 'Succeeded' || (init && code === 0)) return undefined;
    if (at(pod, 'spec', 'restartPolicy') === 'Never') return undefined;
    const why = stringOf(at(ended, 'reason')) === 'OOMKilled' ? ' (OOMKilled)' : '';
    return code !== 0 || restarts > 0 ? `ended with exit code ${code}${why}` : undefined;
  }
  const last = at(status, 'lastState', 'terminated');
  if (last === undefined || restarts === 0) return undefined;
  const code = numberOf(at(last, 'exitCode')) ?? 0;
  const why = stringOf(at(last, 'reason')) ?? 'Error';
  if (code === 0 && why !== 'OOMKilled' && restarts < MANY_RESTARTS) return undefined;
  const started = timeOf(at(status, 'state', 'running', 'startedAt'));
  const isRecent = started === undefined || now - started < RECOVERY_MS;
  const isNew = before !== undefined && restarts > before;
  if (!isRecent && !isNew) return undefined;
  return `restarted ${restarts} times, last with ${why} (exit code ${code})`;
}

/** Restart counts by `ns/pod/container`. */
export function restartsOf(view: View): Readonly<Record<string, number>> {
  return restartsIn(view.pods);
}

const restartsIn = once((pods: readonly KubeObject[]) => {
  const restarts: Record<string, number> = {};
  for (const pod of pods) {
    for (const { key, restarts: count } of factsOf(pod).containers) restarts[key] = count;
  }
  return restarts;
});

function findContainers({ view, hits }: Context) {
  return byOwner(view, hits);
}

export const containerPredicates: readonly Predicate[] = [
  { id: 'container', weight: 8, find: findContainers },
];
