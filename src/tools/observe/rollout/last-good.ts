import { at, numberOf, objectsOf, stringOf } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube.ts';
import type { Revision } from '../../revisions/revisions.ts';
import { podTrouble } from '../state.ts';
import { isOf } from './history.ts';
import type { RolloutStatus } from './status.ts';

/** The newest revision that is known to have worked, and from what. */
export interface LastGood {
  readonly revision: Revision;
  /** A sentence: Kubernetes keeps no history of readiness, so this is evidence of now or a controller's word. */
  readonly knownBy: string;
}

/**
 * The newest revision whose pods are all ready and available now, or of which its controller says that it was rolled
 * out completely. Undefined where nothing tells: a revision that was replaced leaves no trace of how it went.
 *
 * @param pods undefined when they could not be seen.
 */
export function lastGood(
  workload: KubeObject,
  status: Pick<RolloutStatus, 'state'>,
  revisions: readonly Revision[],
  current: Revision | undefined,
  pods: readonly KubeObject[] | undefined,
): LastGood | undefined {
  for (const revision of [...revisions].reverse()) {
    const knownBy =
      // Some ready pods of a rollout that goes on prove nothing about the rest of it.
      revision === current && status.state !== 'complete'
        ? saidByController(workload, revision)
        : (seenServing(revision, pods) ?? saidByController(workload, revision));
    if (knownBy !== undefined) return { revision, knownBy };
  }
  return undefined;
}

function seenServing(
  revision: Revision,
  pods: readonly KubeObject[] | undefined,
): string | undefined {
  const { kept } = revision;
  if (kept.kind === 'ControllerRevision') {
    const theirs = pods?.filter((pod) => isOf(revision, pod)) ?? [];
    const ready = theirs.filter((pod) => podTrouble(pod) === 0).length;
    return ready > 0 && ready === theirs.length ? readyNow(ready) : undefined;
  }
  const count = (field: string) => numberOf(at(kept, 'status', field)) ?? 0;
  const all = count('replicas');
  const good = all > 0 && count('readyReplicas') === all && count('availableReplicas') === all;
  return good ? readyNow(all) : undefined;
}

const readyNow = (pods: number) =>
  pods === 1 ? 'its one pod is ready now' : `all ${pods} of its pods are ready now`;

/** What a controller notes when a rollout is through. */
function saidByController(workload: KubeObject, { kept }: Revision): string | undefined {
  const { name } = kept.metadata;
  if (workload.kind === 'Deployment') {
    // The condition holds until the next rollout begins: `ReplicaSet "web-5d4f" has successfully progressed.`
    const through = objectsOf(at(workload, 'status', 'conditions')).find(
      ({ type, reason }) => type === 'Progressing' && reason === 'NewReplicaSetAvailable',
    );
    const about = stringOf(through?.message)?.includes(`"${name}"`);
    return about
      ? `its Deployment says that it was available as a whole at ${through?.lastUpdateTime}, which is not said of now`
      : undefined;
  }
  // currentRevision moves on when all pods run the new one and are ready. Before the first rollout it is the first.
  const { currentRevision, updateRevision } = (workload.status ?? {}) as Record<string, unknown>;
  if (currentRevision !== name || currentRevision === updateRevision) return undefined;
  return 'its StatefulSet holds it as the one that was rolled out last, or as the first';
}
