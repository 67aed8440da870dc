import { at, type JsonObject, objectsOf, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import type { Nano } from '../../../core/quantity.ts';
import { type Amounts, addTo, amountsOf, raiseTo } from './amounts.ts';

/** True while the pod takes room on its node: a pod that ended doesn't, one that terminates does. */
export function takesRoom(pod: KubeObject): boolean {
  const phase = stringOf(at(pod, 'status', 'phase'));
  return phase !== 'Succeeded' && phase !== 'Failed';
}

/**
 * What the scheduler reserves for a pod (component-helpers resource.PodRequests): the containers
 * and sidecars together, or what its init containers need if that is more; then pod-level requests
 * in their place; then the overhead. A container that is being resized counts with the larger of
 * what it wants and what it holds.
 */
export function podRequests(pod: KubeObject): Amounts {
  const held = new Map(
    ['containerStatuses', 'initContainerStatuses']
      .flatMap((key) => objectsOf(at(pod, 'status', key)))
      .map((status) => [stringOf(status.name), status]),
  );
  const infeasible = objectsOf(at(pod, 'status', 'conditions')).some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
  const sum = aggregate(pod, (container) => {
    const wanted = amountsOf(at(container, 'resources', 'requests'));
    const status = held.get(stringOf(container.name));
    if (status === undefined) return wanted;
    const now = amountsOf(at(status, 'resources', 'requests'));
    raiseTo(now, amountsOf(status.allocatedResources));
    if (infeasible && now.size > 0) return now;
    raiseTo(wanted, now);
    return wanted;
  });
  replaceByPodLevel(sum, amountsOf(at(pod, 'spec', 'resources', 'requests')));
  addTo(sum, amountsOf(at(pod, 'spec', 'overhead')));
  return sum;
}

/** The limits of a pod, by the same rules. A container without a limit adds none. */
export function podLimits(pod: KubeObject): Amounts {
  const sum = aggregate(pod, (container) => amountsOf(at(container, 'resources', 'limits')));
  replaceByPodLevel(sum, amountsOf(at(pod, 'spec', 'resources', 'limits')));
  for (const [name, nano] of amountsOf(at(pod, 'spec', 'overhead'))) {
    const limit = sum.get(name);
    // Overhead raises a limit; it doesn't set one.
    if (limit !== undefined && limit > 0n) sum.set(name, limit + nano);
  }
  return sum;
}

function aggregate(
  pod: KubeObject,
  amounts: (container: JsonObject) => Amounts,
): Map<string, Nano> {
  const running = new Map<string, Nano>();
  for (const container of objectsOf(at(pod, 'spec', 'containers'))) {
    addTo(running, amounts(container));
  }
  const sidecars = new Map<string, Nano>();
  const starting = new Map<string, Nano>();
  for (const container of objectsOf(at(pod, 'spec', 'initContainers'))) {
    const own = amounts(container);
    if (container.restartPolicy === 'Always') {
      // A sidecar stays, beside the init containers after it and beside the containers.
      addTo(running, own);
      addTo(sidecars, own);
      raiseTo(starting, sidecars);
    } else {
      const together = new Map(own);
      addTo(together, sidecars);
      raiseTo(starting, together);
    }
  }
  raiseTo(running, starting);
  return running;
}

function replaceByPodLevel(sum: Map<string, Nano>, podLevel: Amounts): void {
  for (const [name, nano] of podLevel) {
    if (name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')) sum.set(name, nano);
  }
}
