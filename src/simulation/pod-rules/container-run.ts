import { parseQuantity, quantityNumber } from '../../core/quantity.ts';
import type { ContainerSite } from './container.ts';
import { emitFor } from './container-start.ts';
import { dependencyProblems } from './dependencies.ts';
import { normalizeImage } from './image.ts';
import { appendLog } from './log.ts';
import {
  type ContainerMemory,
  type RunningPhase,
  type TerminatedPhase,
  timestamp,
} from './memory.ts';
import type { TerminatedState } from './pod.ts';
import { runProbes } from './probing.ts';
import { advanceRun } from './run.ts';
import { containerId } from './status.ts';

const FIRST_BACK_OFF = 10;
const LONGEST_BACK_OFF = 300;
/** A run of this many nominal seconds starts the back-off afresh. */
const FORGIVEN_AFTER = 600;
/** Nominal seconds for which an exit is shown before the node acts on it. */
const EXIT_SHOWN = 1;
/** Nominal seconds between two complaints about the same broken dependency. */
const COMPLAINT_PERIOD = 10;
/** A process that is pid 1 and has no handler: only SIGKILL ends it. */
const KILLED = 137;
/** The images' server ends by SIGTERM. */
const TERMINATED = 143;

/** One moment of a running container: process, memory limit, dependencies, probes. */
export function runContainer(
  memory: ContainerMemory,
  start: RunningPhase,
  site: ContainerSite,
): ContainerMemory {
  const { now, rules, second } = site;
  if (start.stop !== undefined) {
    if (start.stop.at > now) return memory;
    const code = start.run.listeners.length > 0 ? TERMINATED : KILLED;
    const ended = terminate(memory, start, site, code, 'Error');
    if (start.stop.deleted || ended.phase.kind !== 'terminated') return ended;
    return { ...ended, phase: { ...ended.phase, stopped: true } };
  }
  if (normalizeImage(site.container.image ?? '') !== normalizeImage(start.image.name)) {
    const text = `Container ${memory.name} definition changed, will be restarted`;
    emitFor(site, 'Normal', 'Killing', text);
    return { ...memory, phase: { ...start, stop: { at: stopTime(site, 30), deleted: false } } };
  }
  const commandSite = {
    now,
    second,
    namespace: site.pod.metadata.namespace,
    serviceAccount: site.pod.spec.serviceAccountName ?? 'default',
    world: site.world,
    image: start.image,
    portTaken: (port: number) => site.neighbours.some((one) => one.port === port),
  };
  const advance = advanceRun(start.run, commandSite);
  let next: ContainerMemory = { ...memory, log: appendLog(memory.log, advance.lines, now, rules) };
  let phase: RunningPhase = advance.run === start.run ? start : { ...start, run: advance.run };
  if (advance.exitCode !== undefined) {
    const reason = advance.exitCode === 0 ? 'Completed' : 'Error';
    return terminate(next, phase, site, advance.exitCode, reason);
  }
  phase = checkMemory(phase, site);
  if (phase.outOfMemoryAt !== undefined && phase.outOfMemoryAt <= now) {
    return terminate(next, phase, site, KILLED, 'OOMKilled');
  }
  const namespace = commandSite.namespace;
  const problems = dependencyProblems(phase.environment, namespace, site.world);
  if (problems.length > 0 && (phase.complainAt ?? 0) <= now) {
    next = {
      ...next,
      log: appendLog(
        next.log,
        problems.map(({ line }) => line),
        now,
        rules,
      ),
    };
    phase = { ...phase, complainAt: now + COMPLAINT_PERIOD * second };
  } else if (problems.length === 0 && phase.complainAt !== undefined) {
    const { complainAt: _over, ...quiet } = phase;
    phase = quiet;
  }
  const target = {
    podIp: site.podIp,
    listeners: [...phase.run.listeners, ...site.neighbours],
    container: site.container,
    environment: phase.environment,
    unready: problems.some(({ unready }) => unready),
    site: commandSite,
  };
  const probing = runProbes(phase, target, now, second);
  for (const message of probing.unhealthy) emitFor(site, 'Warning', 'Unhealthy', message);
  phase = probing.phase;
  if (probing.kill !== undefined) {
    const text = `Container ${memory.name} failed ${probing.kill} probe, will be restarted`;
    emitFor(site, 'Normal', 'Killing', text);
    phase = { ...phase, stop: { at: stopTime(site, 30), deleted: false } };
  }
  return phase === start && next.log === memory.log ? memory : { ...next, phase };
}

function checkMemory(phase: RunningPhase, site: ContainerSite): RunningPhase {
  if (phase.outOfMemoryAt !== undefined || phase.run.listeners.length === 0) return phase;
  const limit = parseQuantity(site.container.resources?.limits?.memory ?? '');
  const needed = Math.max(...phase.run.listeners.map((listener) => listener.memory));
  if (limit === undefined || needed <= quantityNumber(limit)) return phase;
  return { ...phase, outOfMemoryAt: site.now + site.rules.oomDelayMs };
}

function stopTime(site: ContainerSite, graceSeconds: number): number {
  return site.now + Math.min(graceSeconds * site.second, site.rules.stopDelayMs);
}

/** The pod is being deleted: the container gets its (short) grace period. */
export function stopContainer(
  memory: ContainerMemory,
  phase: RunningPhase,
  site: ContainerSite,
): ContainerMemory {
  emitFor(site, 'Normal', 'Killing', `Stopping container ${memory.name}`);
  const grace = site.pod.metadata.deletionGracePeriodSeconds ?? 30;
  return { ...memory, phase: { ...phase, stop: { at: stopTime(site, grace), deleted: true } } };
}

function terminate(
  memory: ContainerMemory,
  phase: RunningPhase,
  site: ContainerSite,
  exitCode: number,
  reason: string,
): ContainerMemory {
  const ranFor = site.now - phase.startedAt;
  const state: TerminatedState = {
    exitCode,
    reason,
    startedAt: timestamp(phase.startedAt),
    finishedAt: timestamp(site.now),
    containerID: containerId(site.pod.metadata.uid, memory.name, memory.created),
  };
  const crashBackOff = ranFor >= FORGIVEN_AFTER * site.second ? 0 : memory.crashBackOff;
  return end({ ...memory, crashBackOff }, state, site);
}

/** The runtime could not start the process (StartError, shown as RunContainerError). */
export function crashed(
  memory: ContainerMemory,
  site: ContainerSite,
  message: string,
): ContainerMemory {
  const state: TerminatedState = {
    exitCode: 128,
    reason: 'StartError',
    message,
    startedAt: timestamp(0),
    finishedAt: timestamp(site.now),
    containerID: containerId(site.pod.metadata.uid, memory.name, memory.created),
  };
  const ended = end(memory, state, site);
  if (ended.phase.kind !== 'terminated' || ended.phase.decideAt === undefined) return ended;
  return { ...ended, phase: { ...ended.phase, shown: { reason: 'RunContainerError', message } } };
}

function end(memory: ContainerMemory, state: TerminatedState, site: ContainerSite) {
  const restarts = restartsAfter(state.exitCode, site);
  const phase: TerminatedPhase = {
    kind: 'terminated',
    state,
    ...(restarts && { decideAt: site.now + EXIT_SHOWN * site.second }),
  };
  return { ...memory, phase };
}

function restartsAfter(exitCode: number, site: ContainerSite): boolean {
  if (site.pod.metadata.deletionTimestamp !== undefined) return false;
  if (site.isInit && site.container.restartPolicy === 'Always') return true;
  const policy = site.pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  if (exitCode !== 0) return true;
  return policy === 'Always' && !site.isInit;
}

/** Restarts at once the first time, then after 10, 20, 40 … 300 nominal seconds. */
export function decideRestart(
  memory: ContainerMemory,
  phase: TerminatedPhase,
  site: ContainerSite,
): ContainerMemory {
  const last = phase.state;
  const { name, namespace, uid } = site.pod.metadata;
  if (memory.crashBackOff === 0) {
    // A kubelet that stops a container starts it again in the same breath, and only what ended
    // before that counts: the first such restart is not held against it.
    const counts = phase.stopped !== true || memory.last !== undefined;
    return {
      ...memory,
      last,
      crashBackOff: counts ? FIRST_BACK_OFF : 0,
      phase: { kind: 'waiting', reason: 'ContainerCreating', next: 'pull', at: site.now },
    };
  }
  const backOff = memory.crashBackOff;
  const podName = `${name}_${namespace}(${uid})`;
  const event = `Back-off restarting failed container ${memory.name} in pod ${podName}`;
  emitFor(site, 'Warning', 'BackOff', event);
  const message = `back-off ${duration(backOff)} restarting failed container=${memory.name} pod=${podName}`;
  return {
    ...memory,
    last,
    crashBackOff: Math.min(backOff * 2, LONGEST_BACK_OFF),
    phase: {
      kind: 'waiting',
      reason: 'CrashLoopBackOff',
      message,
      next: 'pull',
      at: site.now + (backOff - EXIT_SHOWN) * site.second,
    },
  };
}

/** Go's way to print a duration of whole seconds: 40s, 1m20s, 5m0s. */
function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`;
}
