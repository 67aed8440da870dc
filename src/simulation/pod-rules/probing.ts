import type { ProbeKind, ProbeMemory, RunningPhase } from './memory.ts';
import type { Container, Probe } from './pod.ts';
import { type ProbeTarget, probeFailure } from './probe.ts';

export interface ProbingResult {
  readonly phase: RunningPhase;
  /** One message per failed probe, as in an Unhealthy event. */
  readonly unhealthy: readonly string[];
  /** The probe that asks for a kill. */
  readonly kill?: 'liveness' | 'startup';
}

const DEFAULT_PERIOD = 10;
const KINDS = ['startup', 'liveness', 'readiness'] as const;

function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  if (kind === 'startup') return container.startupProbe;
  return kind === 'liveness' ? container.livenessProbe : container.readinessProbe;
}

/** The probes of a container that starts now. `second` is one nominal second in ms. */
export function firstProbes(
  container: Container,
  now: number,
  second: number,
): Pick<RunningPhase, 'probes' | 'started' | 'ready'> {
  const probes: Partial<Record<ProbeKind, ProbeMemory>> = {};
  for (const kind of KINDS) {
    const probe = probeOf(container, kind);
    if (probe === undefined) continue;
    const nextAt = now + (probe.initialDelaySeconds ?? 0) * second;
    probes[kind] = { nextAt, failures: 0, successes: 0 };
  }
  const started = container.startupProbe === undefined;
  return { probes, started, ready: started && container.readinessProbe === undefined };
}

/** Runs the probes that are due, with the kubelet's thresholds. */
export function runProbes(
  start: RunningPhase,
  target: ProbeTarget,
  now: number,
  second: number,
): ProbingResult {
  let phase = start;
  const unhealthy: string[] = [];
  for (const kind of KINDS) {
    const probe = probeOf(target.container, kind);
    const memory = phase.probes[kind];
    if (probe === undefined || memory === undefined) continue;
    if ((kind === 'startup') === phase.started) continue;
    if (memory.nextAt !== undefined && memory.nextAt > now) continue;
    const failure = probeFailure(probe, target);
    const nextAt = now + (probe.periodSeconds ?? DEFAULT_PERIOD) * second;
    if (failure === undefined && memory.nextAt === undefined) continue;
    if (failure === undefined) {
      phase = succeed(phase, kind, probe, memory, nextAt);
      if (kind === 'startup' && phase.started) phase = afterStartup(phase, target.container);
      continue;
    }
    const title = kind.charAt(0).toUpperCase() + kind.slice(1);
    unhealthy.push(`${title} probe failed: ${failure}`);
    const failures = memory.failures + 1;
    const reached = failures >= (probe.failureThreshold ?? 3);
    phase = {
      ...phase,
      probes: { ...phase.probes, [kind]: { nextAt, failures, successes: 0 } },
      ready: phase.ready && !(kind === 'readiness' && reached),
    };
    if (reached && kind !== 'readiness') return { phase, unhealthy, kill: kind };
  }
  return { phase, unhealthy };
}

function succeed(
  phase: RunningPhase,
  kind: ProbeKind,
  probe: Probe,
  memory: ProbeMemory,
  nextAt: number,
): RunningPhase {
  const successes = memory.successes + 1;
  const reached = successes >= (probe.successThreshold ?? 1);
  const steady: ProbeMemory = { failures: 0, successes };
  const pending: ProbeMemory = { nextAt, failures: 0, successes };
  return {
    ...phase,
    probes: { ...phase.probes, [kind]: reached ? steady : pending },
    ready: kind === 'readiness' ? phase.ready || reached : phase.ready,
    started: kind === 'startup' ? reached : phase.started,
  };
}

function afterStartup(phase: RunningPhase, container: Container): RunningPhase {
  return { ...phase, ready: container.readinessProbe === undefined };
}
