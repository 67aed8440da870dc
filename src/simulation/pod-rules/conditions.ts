import { type ContainerMemory, type PodMemory, timestamp } from './memory.ts';
import type { Pod, PodCondition, PodStatus } from './pod.ts';
import { isReady } from './status.ts';

/** A condition before its transition time is known. */
type Draft = Pick<PodCondition, 'type' | 'status'> & {
  readonly reason?: string;
  readonly message?: string;
};

export interface ConditionInput {
  readonly pod: Pod;
  readonly memory: PodMemory;
  readonly phase: PodStatus['phase'];
  readonly initialized: boolean;
  readonly now: number;
}

/** The kubelet's conditions, each with the time of its last change. */
export function podConditions(input: ConditionInput): {
  readonly conditions: readonly PodCondition[];
  readonly since: PodMemory['conditions'];
} {
  const since: Record<string, { readonly status: string; readonly since: number }> = {};
  const generation = input.pod.metadata.generation;
  const conditions = drafts(input).map((draft): PodCondition => {
    const before = input.memory.conditions[draft.type];
    const known =
      before?.status === draft.status ? before : { status: draft.status, since: input.now };
    since[draft.type] = known;
    return {
      type: draft.type,
      status: draft.status,
      reason: draft.reason ?? null,
      message: draft.message ?? null,
      lastProbeTime: null,
      lastTransitionTime: timestamp(known.since),
      ...(generation !== undefined && { observedGeneration: generation }),
    };
  });
  return { conditions, since };
}

function drafts({ pod, memory, phase, initialized }: ConditionInput): readonly Draft[] {
  const finished = phase === 'Succeeded' || phase === 'Failed';
  const sandbox = memory.mount.mounted && !finished;
  const containers = containersReady(pod, memory, phase);
  return [
    { type: 'PodReadyToStartContainers', status: sandbox ? 'True' : 'False' },
    initializedCondition(memory, phase, initialized),
    podReady(pod, containers),
    { type: 'ContainersReady', ...containers },
  ];
}

function initializedCondition(
  memory: PodMemory,
  phase: PodStatus['phase'],
  initialized: boolean,
): Draft {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  if (initialized) return { type, status: 'True' };
  const message = `containers with incomplete status: [${names(memory.init, isIncomplete)}]`;
  return { type, status: 'False', reason: 'ContainersNotInitialized', message };
}

function isIncomplete({ phase }: ContainerMemory): boolean {
  return !(phase.kind === 'terminated' && phase.state.exitCode === 0);
}

function containersReady(
  pod: Pod,
  memory: PodMemory,
  phase: PodStatus['phase'],
): Omit<Draft, 'type'> {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = memory.init.filter((_, at) => {
    return pod.spec.initContainers?.[at]?.restartPolicy === 'Always';
  });
  const unready = names([...sidecars, ...memory.main], (container) => !isReady(container));
  if (unready === '') return { status: 'True' };
  const message = `containers with unready status: [${unready}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

function podReady(pod: Pod, containers: Omit<Draft, 'type'>): Draft {
  if (containers.status !== 'True') return { type: 'Ready', ...containers };
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (gate?.status === 'True') return [];
    return gate === undefined
      ? [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  if (messages.length === 0) return { type: 'Ready', status: 'True' };
  const message = messages.join(', ');
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message };
}

function names(
  containers: readonly ContainerMemory[],
  wanted: (container: ContainerMemory) => boolean,
): string {
  return containers
    .filter(wanted)
    .map(({ name }) => name)
    .join(' ');
}
