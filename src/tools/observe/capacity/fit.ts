import { at, type JsonObject, numberOf, objectsOf, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import { NANO } from '../../../core/quantity.ts';
import { type Amounts, addTo, amountsOf, amountText, countedOf, inOrder } from './amounts.ts';
import { affinityMismatch } from './node-selector.ts';
import { podRequests, takesRoom } from './requests.ts';
import { taintReasons } from './taints.ts';
import type { VolumeDemands } from './volumes.ts';

/** What is on a node: its pods that take room, and what they reserve together. */
export interface Load {
  readonly pods: readonly KubeObject[];
  readonly requested: Amounts;
}

/** The load of each node, by its name. */
export function loadsOf(pods: readonly KubeObject[]): Map<string, Load> {
  const loads = new Map<string, { pods: KubeObject[]; requested: Map<string, bigint> }>();
  for (const pod of pods) {
    const node = stringOf(at(pod, 'spec', 'nodeName'));
    if (!node || !takesRoom(pod)) continue;
    const load = loads.get(node) ?? { pods: [], requested: new Map<string, bigint>() };
    loads.set(node, load);
    load.pods.push(pod);
    addTo(load.requested, podRequests(pod));
    addTo(load.requested, new Map([['pods', NANO]]));
  }
  return loads;
}

/** The load as if the pod weren't there: a pod that runs fits where it is. */
export function loadWithout(pod: KubeObject, load: Load): Load {
  const others = load.pods.filter((it) => it.metadata.uid !== pod.metadata.uid);
  if (others.length === load.pods.length) return load;
  return [...loadsOf(others).values()][0] ?? EMPTY_LOAD;
}

export const EMPTY_LOAD: Load = { pods: [], requested: new Map() };

/**
 * Why the pod doesn't fit onto the node, as the scheduler's filters judge it: cordon, taints,
 * nodeSelector and node affinity, requests against allocatable, host ports, volumes. Empty: nothing
 * of that keeps it off. `load` is without the pod itself.
 */
export function misfits(
  pod: KubeObject,
  node: KubeObject,
  load: Load | undefined,
  volumes: VolumeDemands,
): { readonly reasons: string[]; readonly unjudged: string[] } {
  const taints = taintReasons(pod, node);
  const affinity = affinityMismatch(pod, node);
  return {
    reasons: [
      ...taints.reasons,
      ...(affinity === undefined ? [] : [affinity]),
      ...(load ? [...shortages(pod, node, load), ...portConflicts(pod, load)] : []),
      ...volumes.reasonsFor(node),
    ],
    unjudged: taints.unjudged,
  };
}

function shortages(pod: KubeObject, node: KubeObject, load: Load): string[] {
  const allocatable = amountsOf(at(node, 'status', 'allocatable'));
  const wanted = new Map(podRequests(pod));
  wanted.set('pods', NANO);
  return inOrder(wanted.keys()).flatMap((name) => {
    const asked = wanted.get(name) ?? 0n;
    if (asked === 0n) return [];
    const all = allocatable.get(name) ?? 0n;
    const used = load.requested.get(name) ?? 0n;
    const short = countedOf(name, asked) + countedOf(name, used) - floorOf(name, all);
    if (short <= 0n) return [];
    const text = (nano: bigint) => amountText(name, nano);
    if (name === 'pods') return [`too many pods: ${load.pods.length} of ${text(all)} are there`];
    if (!allocatable.has(name)) return [`offers no ${name}`];
    const missing = text(short * (name === 'cpu' ? 1_000_000n : NANO));
    return [
      `insufficient ${name}: needs ${text(asked)}, free ${text(all - used)} of ${text(all)}, short by ${missing}`,
    ];
  });
}

const floorOf = (name: string, nano: bigint) => nano / (name === 'cpu' ? 1_000_000n : NANO);

function portConflicts(pod: KubeObject, load: Load): string[] {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return [];
  return load.pods.flatMap((other) =>
    hostPorts(other)
      .filter((held) => wanted.some((it) => conflict(it, held)))
      .map(
        ({ protocol, port }) =>
          `host port ${port}/${protocol} is taken by ${other.metadata.namespace}/${other.metadata.name}`,
      ),
  );
}

interface HostPort {
  readonly port: number;
  readonly protocol: string;
  readonly ip: string;
}

function hostPorts(pod: KubeObject): HostPort[] {
  const containers: JsonObject[] = [
    ...objectsOf(at(pod, 'spec', 'containers')),
    ...objectsOf(at(pod, 'spec', 'initContainers')).filter((it) => it.restartPolicy === 'Always'),
  ];
  return containers.flatMap((container) =>
    objectsOf(container.ports).flatMap((entry) => {
      const port = numberOf(entry.hostPort) ?? 0;
      if (port <= 0) return [];
      const protocol = stringOf(entry.protocol) || 'TCP';
      return [{ port, protocol, ip: stringOf(entry.hostIP) || '0.0.0.0' }];
    }),
  );
}

function conflict(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0';
}

/** What the scheduler judges beside that, and this doesn't. */
export function notEvaluated(pod: KubeObject, pods: readonly KubeObject[] | undefined): string[] {
  const spec = (...path: string[]) => at(pod, 'spec', ...path);
  const scheduler = stringOf(spec('schedulerName'));
  const repels = (other: KubeObject) =>
    objectsOf(
      at(
        other,
        'spec',
        'affinity',
        'podAntiAffinity',
        'requiredDuringSchedulingIgnoredDuringExecution',
      ),
    ).length > 0;
  return [
    objectsOf(spec('topologySpreadConstraints')).length > 0 && 'topology spread constraints',
    spec('affinity', 'podAffinity') !== undefined && 'affinity to other pods',
    spec('affinity', 'podAntiAffinity') !== undefined && 'anti-affinity to other pods',
    pods?.some(repels) && 'the anti-affinity of other pods',
    objectsOf(spec('resourceClaims')).length > 0 && 'device claims (resourceClaims)',
    scheduler && scheduler !== 'default-scheduler' && `the rules of scheduler ${scheduler}`,
  ].filter((it) => typeof it === 'string' && it !== '') as string[];
}
