import type { Environment } from './environment.ts';
import type { TerminatedState } from './pod.ts';
import type { ImageModel } from './rules.ts';
import type { Run } from './run.ts';

/** What a node remembers about a pod between steps. Immutable; all times in ms since the epoch. */
export interface PodMemory {
  readonly startedAt: number;
  readonly mount: MountMemory;
  readonly init: readonly ContainerMemory[];
  readonly main: readonly ContainerMemory[];
  /** Since when each condition has its present status. */
  readonly conditions: Readonly<
    Record<string, { readonly status: string; readonly since: number }>
  >;
}

export interface MountMemory {
  readonly mounted: boolean;
  readonly retryAt: number;
  /** Nominal seconds until the retry after the next one. */
  readonly backOff: number;
}

export interface ContainerMemory {
  readonly name: string;
  readonly phase: Phase;
  /** Containers created so far; every one after the first is a restart. */
  readonly created: number;
  readonly last?: TerminatedState;
  /** Nominal seconds of the next crash back-off; 0 before the first crash. */
  readonly crashBackOff: number;
  /** Nominal seconds of the next image pull back-off. */
  readonly pullBackOff: number;
  readonly log: readonly LogLine[];
  readonly previousLog: readonly LogLine[];
}

export type Phase = WaitingPhase | RunningPhase | TerminatedPhase;

export interface WaitingPhase {
  readonly kind: 'waiting';
  readonly reason: string;
  readonly message?: string;
  /** What happens at `at`. */
  readonly next: 'pull' | 'refuse-pull' | 'back-off-pull' | 'create';
  readonly at: number;
}

export interface RunningPhase {
  readonly kind: 'running';
  readonly startedAt: number;
  readonly run: Run;
  readonly environment: Environment;
  readonly image: ImageModel;
  readonly probes: Readonly<Partial<Record<ProbeKind, ProbeMemory>>>;
  readonly ready: boolean;
  /** The startup probe passed, or there is none. */
  readonly started: boolean;
  readonly outOfMemoryAt?: number;
  readonly complainAt?: number;
  readonly stop?: { readonly at: number; readonly deleted: boolean };
}

export interface TerminatedPhase {
  readonly kind: 'terminated';
  readonly state: TerminatedState;
  /** The node ended it to start it anew: a failed probe, another image. */
  readonly stopped?: boolean;
  /** When the node decides about the restart; unset when there is none. */
  readonly decideAt?: number;
  /** Shown as waiting for this reason in the meantime. */
  readonly shown?: { readonly reason: string; readonly message: string };
}

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeMemory {
  /** Unset while the result is steady: then only a change in the pod's world can change it. */
  readonly nextAt?: number;
  readonly failures: number;
  readonly successes: number;
}

export interface LogLine {
  readonly at: number;
  readonly text: string;
}

/** An event as the node's recorder takes it. */
export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** `spec.containers{web}`, for container events. */
  readonly fieldPath?: string;
}

/** A time as Kubernetes objects carry it, in whole seconds. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
