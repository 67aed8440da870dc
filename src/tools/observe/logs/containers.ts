import { StratusError } from '../../../core/errors.ts';
import {
  at,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../core/json.ts';
import { describeRef, type KubeObject } from '../../../core/kube.ts';
import { shortText } from '../../render/untrusted.ts';
import { containerTroubles } from '../state.ts';

/** The container whose log tells most, and what its state says about the log. */
export interface ChosenContainer {
  readonly name: string;
  readonly others: readonly string[];
  readonly restarts: number;
  /** How it is: `running`, `waiting: ImagePullBackOff (…)`. */
  readonly state: string;
  /** False when it never ran: there can't be a log. */
  readonly hasRun: boolean;
  /** True when it ran before the present run. */
  readonly hasPrevious: boolean;
}

/**
 * The container named, or the one in trouble, or the pod's default one, or the first.
 * @throws StratusError not_found when the pod has none of that name.
 */
export function chooseContainer(pod: KubeObject, wanted: string | undefined): ChosenContainer {
  const names = [
    ...objectsOf(at(pod, 'spec', 'containers')),
    ...objectsOf(at(pod, 'spec', 'initContainers')),
    ...objectsOf(at(pod, 'spec', 'ephemeralContainers')),
  ].flatMap((container) => stringOf(container.name) ?? []);
  const name = wanted ?? preferred(pod, names);
  if (!names.includes(name)) {
    throw new StratusError(
      'not_found',
      `${describeRef({ kind: 'Pod', ...pod.metadata })} has no container ${name}. It has ${names.join(', ')}.`,
      { next: 'Name one of them in container, or leave container out.' },
    );
  }
  const status = statusOf(pod, name);
  const { waiting, running, terminated } = objectOf(status.state) as Record<string, JsonObject>;
  const before = objectOf(objectOf(status.lastState).terminated);
  const hasPrevious = Object.keys(before).length > 0;
  return {
    name,
    others: names.filter((other) => other !== name),
    restarts: numberOf(status.restartCount) ?? 0,
    state: running
      ? 'running'
      : terminated
        ? `terminated: ${why(terminated)}`
        : `waiting: ${waiting ? why(waiting) : unscheduled(pod)}${hasPrevious ? `; its last run ended: ${why(before)}` : ''}`,
    hasRun: running !== undefined || terminated !== undefined || hasPrevious,
    hasPrevious,
  };
}

function preferred(pod: KubeObject, names: readonly string[]): string {
  const [trouble] = containerTroubles(pod);
  const marked = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const first = names[0] ?? '';
  if (trouble) return trouble.container;
  return marked !== undefined && names.includes(marked) ? marked : first;
}

function statusOf(pod: KubeObject, name: string): JsonObject {
  const lists = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'];
  const all = lists.flatMap((list) => objectsOf(at(pod, 'status', list)));
  return all.find((status) => status.name === name) ?? {};
}

function why(state: JsonObject): string {
  const reason = stringOf(state.reason) ?? 'no reason given';
  const code = state.exitCode === undefined ? '' : `, exit code ${state.exitCode}`;
  const message = stringOf(state.message);
  return `${reason}${code}${message ? ` (${shortText(message)})` : ''}`;
}

function unscheduled(pod: KubeObject): string {
  const scheduled = objectsOf(at(pod, 'status', 'conditions')).find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  if (scheduled) return why(scheduled);
  return stringOf(at(pod, 'status', 'reason')) ?? 'the kubelet has not reported yet';
}
