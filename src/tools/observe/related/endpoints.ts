import {
  at,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../../core/json.ts';
import { controllerOf, describeRef, type KubeObject, refOf } from '../../../core/kube.ts';
import { podState, podTrouble } from '../state.ts';
import { labelsOf, matchesAll } from './label-match.ts';

/** What stands behind a Service. Undefined parts could not be seen. */
export interface Backing {
  /** The pods that the selector matches. */
  readonly pods: readonly KubeObject[] | undefined;
  readonly slices: readonly KubeObject[] | undefined;
  /** The namespace's pods, for a selector that matches none of them. */
  readonly others: readonly KubeObject[] | undefined;
  /** For such a selector: the workloads whose pods it would match, were there any. */
  readonly workloads: readonly KubeObject[] | undefined;
}

/** How a Service is backed, and why it isn't. */
export interface Judgement {
  /** Endpoints by the EndpointSlices, each target once. Undefined when they can't be seen. */
  readonly ready: number | undefined;
  readonly notReady: number | undefined;
  readonly matched: number | undefined;
  readonly problems: readonly string[];
  /** The pods that the selector matches and that don't serve, worst first. */
  readonly unready: readonly string[];
  /** The workloads whose pods would match, where there are none. */
  readonly idle?: readonly string[];
}

/** Why a Service has endpoints or has none. Pure: it judges what was read. */
export function judgeService(service: KubeObject, backing: Backing): Judgement {
  const spec = objectOf(service.spec);
  const selector = objectOf(spec.selector);
  const { ready, notReady } = endpointsOf(backing.slices);
  const pods = backing.pods?.filter((pod) => !isOver(pod));
  const base = { ready, notReady, matched: pods?.length, unready: [] };
  if (spec.type === 'ExternalName') {
    return { ...base, problems: [] };
  }
  if (Object.keys(selector).length === 0) {
    const none = backing.slices?.length === 0;
    const problem = 'It has no selector, and nobody made EndpointSlices for it.';
    return { ...base, problems: none ? [problem] : [] };
  }
  if (pods === undefined) return { ...base, problems: [] };
  const text = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  if (pods.length === 0) {
    const none = `Its selector ${text} matches no pod`;
    const workloads = backing.workloads ?? [];
    if (workloads.length > 0) {
      const idle = workloads.map((it) => describeRef(refOf(it)));
      const told = workloads.map((it, i) => `${idle[i]} (replicas ${at(it, 'spec', 'replicas')})`);
      return { ...base, idle, problems: [`${none}. Those of ${told.join(', ')} would match.`] };
    }
    const near = backing.others === undefined ? '' : nearMiss(selector, backing.others);
    return { ...base, problems: [`${none}.${near}`] };
  }
  const serving = pods.filter((pod) => isReady(pod));
  const unready = pods
    .filter((pod) => !isReady(pod))
    .sort((a, b) => podTrouble(b) - podTrouble(a))
    .map((pod) => `${pod.metadata.name}: ${podState(pod)}`);
  const problems = objectsOf(spec.ports).flatMap((port) => portProblem(port, pods) ?? []);
  const families = familiesOf(pods);
  // A canary is meant to be so; a polluted selector shows nowhere else, because all is ready.
  if (families.length > 1) {
    problems.push(
      `Its selector ${text} matches pods of ${families.length} workloads: ${families.join(', ')}. Each gets a share of the requests.`,
    );
  }
  if (serving.length === 0) {
    problems.push(`None of the ${pods.length} pods that it selects is ready.`);
  } else if (ready === 0 && problems.length === 0) {
    problems.push(
      `${serving.length} pods are ready, but no endpoint is: its controller hasn't written them yet.`,
    );
  }
  return { ...base, problems, unready };
}

/** The workloads that pods are of, with how many: `Deployment web (3)`. */
function familiesOf(pods: readonly KubeObject[]): string[] {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const hash = pod.metadata.labels?.['pod-template-hash'];
    const name = stringOf(owner?.name) ?? pod.metadata.name;
    const family =
      owner?.kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`)
        ? `Deployment ${name.slice(0, -hash.length - 1)}`
        : `${stringOf(owner?.kind) ?? 'Pod'} ${name}`;
    counts.set(family, (counts.get(family) ?? 0) + 1);
  }
  return [...counts].map(([family, count]) => `${family} (${count})`).sort();
}

function endpointsOf(slices: readonly KubeObject[] | undefined) {
  if (slices === undefined) return { ready: undefined, notReady: undefined };
  // A dual-stack Service has a slice for each address family, with the same pods in both.
  const targets = new Map<string, boolean>();
  for (const slice of slices) {
    // Without ports nothing is routed to the addresses.
    if (slice.ports === null || objectsOf(slice.ports).length === 0) continue;
    for (const endpoint of objectsOf(slice.endpoints)) {
      const id =
        stringOf(at(endpoint, 'targetRef', 'uid')) ?? JSON.stringify(endpoint.addresses ?? '');
      const isServing = at(endpoint, 'conditions', 'ready') !== false;
      targets.set(id, (targets.get(id) ?? false) || isServing);
    }
  }
  const ready = [...targets.values()].filter(Boolean).length;
  return { ready, notReady: targets.size - ready };
}

function isOver(pod: KubeObject): boolean {
  const phase = at(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

function isReady(pod: KubeObject): boolean {
  return objectsOf(at(pod, 'status', 'conditions')).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}

/** A port by name has to exist in the pods, or they are no endpoints of it. */
function portProblem(port: JsonObject, pods: readonly KubeObject[]): string | undefined {
  const target = port.targetPort ?? port.port;
  const protocol = stringOf(port.protocol) ?? 'TCP';
  const declared = (pod: KubeObject) =>
    objectsOf(at(pod, 'spec', 'containers'))
      .concat(objectsOf(at(pod, 'spec', 'initContainers')))
      .flatMap((container) => objectsOf(container.ports))
      .filter((it) => (stringOf(it.protocol) ?? 'TCP') === protocol);
  const all = pods.flatMap(declared);
  if (typeof target === 'string') {
    const without = pods.filter((pod) => !declared(pod).some(({ name }) => name === target));
    if (without.length === 0) return undefined;
    const names = [...new Set(all.flatMap(({ name }) => stringOf(name) ?? []))];
    const there =
      names.length > 0 ? `their ports are named ${names.join(', ')}` : 'no port has a name';
    return `targetPort ${target}: ${without.length} of ${pods.length} pods have no ${protocol} port of that name (${there}).`;
  }
  const numbers = [...new Set(all.flatMap((it) => numberOf(it.containerPort) ?? []))];
  const wanted = numberOf(target);
  if (wanted === undefined || numbers.length === 0 || numbers.includes(wanted)) return undefined;
  return `targetPort ${wanted} is not among the ports that the pods declare (${numbers.join(', ')}); that works only if they listen on it all the same.`;
}

/** Which labels the nearest pods lack: ` 3 pods match but for tier=web (they have tier=front).` */
function nearMiss(selector: JsonObject, pods: readonly KubeObject[]): string {
  const wanted = Object.entries(selector);
  const scored = pods
    .map((pod) => {
      const labels = labelsOf(pod);
      const misses = wanted.filter(([key, value]) => !matchesAll({ [key]: value }, labels));
      return { labels, misses };
    })
    .filter(
      ({ misses, labels }) =>
        misses.some(([key]) => labels[key] !== undefined) || misses.length < wanted.length,
    );
  const fewest = Math.min(...scored.map(({ misses }) => misses.length));
  const nearest = scored.filter(({ misses }) => misses.length === fewest);
  if (nearest.length === 0) return '';
  const keys = [...new Set(nearest.flatMap(({ misses }) => misses.map(([key]) => key)))];
  const have = keys.map((key) => {
    const values = [...new Set(nearest.map(({ labels }) => String(labels[key] ?? '(none)')))];
    return `${key}=${values.slice(0, 5).join('|')}${values.length > 5 ? '|…' : ''}`;
  });
  return fewest < wanted.length
    ? ` ${nearest.length} pods match but for ${keys.join(', ')}: they have ${have.join(', ')}.`
    : ` Pods here have ${have.join(', ')}.`;
}
