import type { LiveObject } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, numberOf, objectsOf, stringifyJson, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { changesReplicas } from './replicas.ts';
import type { UndoGroup, UndoPort } from './types.ts';
import { unreached } from './unreached.ts';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
/** The lowest there is. Nobody else asks for it, so it tells our mark from theirs. */
const FIRST = '-2147483648';
const GONE_WITHIN_MS = 10_000;
/** Whose pods a ReplicaSet controller chooses among; a StatefulSet's go by their ordinals. */
const CHOSEN = ['apps/Deployment', 'apps/ReplicaSet', '/ReplicationController'];

/**
 * Scaling back, the ReplicaSet controller takes pods of crowded nodes before others, and of pods that differ little
 * in age any one: those of before could go, and those that the change had added stay. Says on the newest that they
 * go first, by the annotation that the controller asks (among pods that are ready).
 * Nothing is marked where somebody else's costs say which go, and in mid-rollout, where its controller decides.
 */
export async function markNewest(
  group: UndoGroup,
  live: LiveObject | undefined,
  restored: KubeObject,
  port: UndoPort,
): Promise<void> {
  if (live === undefined || !isChosen(group)) return;
  const wanted = replicasOf(restored);
  if (wanted >= replicasOf(live.object)) return;
  const pods = await podsOf(live, port);
  const isTheirs = pods.some(({ object }) => ![undefined, FIRST].includes(costOf(object)));
  if (isTheirs || new Set(pods.map(controllerOf)).size > 1) return;
  const newest = pods.toSorted((a, b) => bornOf(a).localeCompare(bornOf(b))).slice(wanted);
  for (const pod of newest.filter(({ object }) => costOf(object) === undefined)) {
    await annotate(pod, FIRST, port);
  }
}

/** Takes the marks off pods that stay after all, because somebody else decided so meanwhile. */
export async function unmarkNewest(
  group: UndoGroup,
  live: LiveObject | undefined,
  port: UndoPort,
): Promise<void> {
  if (live === undefined || !isChosen(group) || !changesReplicas(group.steps)) return;
  const until = port.clock.monotonic() + GONE_WITHIN_MS;
  for (;;) {
    const now = await port.get(live.key);
    if (now === undefined) return;
    const pods = await podsOf(now, port);
    const marked = pods.filter(({ object }) => costOf(object) === FIRST);
    if (marked.length === 0) return;
    const toGo = pods.length > replicasOf(now.object);
    if (!toGo || port.clock.monotonic() > until) {
      for (const pod of marked) await annotate(pod, null, port);
      return;
    }
    await port.clock.sleep(100);
  }
}

function isChosen({ key: { resource } }: UndoGroup): boolean {
  return CHOSEN.includes(`${resource.group}/${resource.kind}`);
}

const replicasOf = (object: KubeObject) => numberOf(at(object, 'spec', 'replicas')) ?? 1;
const costOf = ({ metadata }: KubeObject) => metadata.annotations?.[COST];

/** Pods of the same second by when they became ready. */
function bornOf({ object }: LiveObject): string {
  const ready = objectsOf(at(object, 'status', 'conditions')).find(({ type }) => type === 'Ready');
  return `${object.metadata.creationTimestamp} ${stringOf(ready?.lastTransitionTime) ?? '~'}`;
}

function controllerOf({ object }: LiveObject): string | undefined {
  const owner = objectsOf(object.metadata.ownerReferences).find((it) => it.controller === true);
  return stringOf(owner?.uid);
}

/** The workload's pods that count; none where they may not be read: then the controller chooses. */
async function podsOf({ key, uid }: LiveObject, port: UndoPort): Promise<LiveObject[]> {
  const owned = async (resource: 'pods' | 'replicasets.apps', owners: readonly string[]) =>
    (await port.list(resource, key.namespace)).filter((it) =>
      owners.includes(controllerOf(it) ?? ''),
    );
  try {
    const isDeployment = key.resource.kind === 'Deployment';
    const sets = isDeployment
      ? (await owned('replicasets.apps', [uid])).map((it) => it.uid)
      : [uid];
    return (await owned('pods', sets)).filter(({ object }) => counts(object));
  } catch (error) {
    if (error instanceof StratusError && error.code === 'forbidden') return [];
    throw error;
  }
}

function counts(pod: KubeObject): boolean {
  const ended = ['Succeeded', 'Failed'].includes(stringOf(at(pod, 'status', 'phase')) ?? '');
  return !ended && pod.metadata.deletionTimestamp === undefined;
}

/** One try: what is refused leaves the choice to the controller. */
async function annotate(pod: LiveObject, cost: string | null, port: UndoPort): Promise<void> {
  const metadata = { uid: pod.uid, annotations: { [COST]: cost } };
  const body = stringifyJson({ metadata });
  unreached(await port.send({ verb: 'patch', key: pod.key, patchType: 'merge', body }, 'child'));
}
