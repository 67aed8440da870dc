import type { LiveObject } from '../cluster/types.ts';
import { type ErrorCode, StratusError } from '../core/errors.ts';
import { at, type Json, objectsOf, stringifyJson, stringOf } from '../core/json.ts';
import { controllerOf, desiredReplicas, isControlledBy, type KubeObject } from '../core/kube.ts';
import { isOurManager } from '../core/managers.ts';
import { heldBy } from './managed-fields.ts';
import { mayLowerReplicas } from './replicas.ts';
import { changesTemplate } from './template-changes.ts';
import type { UndoGroup, UndoPort } from './types.ts';
import { unreached } from './unreached.ts';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
/** The lowest there is. */
const FIRST = '-2147483648';
const GONE_WITHIN_MS = 10_000;
/** Writes to pods that hang, as behind a webhook that is down, take the time of a timeout each. */
const MARKED_WITHIN_MS = 10_000;
const UNMARKED_WITHIN_MS = 30_000;
const ATTEMPTS = 8;
/** Whose pods a ReplicaSet controller chooses among; a StatefulSet's go by their ordinals. */
const CHOSEN = ['apps/Deployment', 'apps/ReplicaSet', '/ReplicationController'];

/** Of a list that fails, all but these only mean that nothing is marked. */
const ENDING: readonly ErrorCode[] = ['lease_lost', 'cancelled', 'writer_busy'];

/**
 * Scaling back, the ReplicaSet controller takes pods of crowded nodes before others, and of pods that differ little
 * in age any one: those of before could go, and those that the change had added stay. Says on the newest that they
 * go first, by the annotation that the controller asks (among pods that are ready).
 * Nothing is marked where somebody else's costs say which go, and in a rollout, where its controller decides.
 */
export async function markNewest(
  group: UndoGroup,
  live: LiveObject | undefined,
  restored: KubeObject,
  port: UndoPort,
): Promise<void> {
  if (live === undefined || !mayMark(group) || changesTemplate(group)) return;
  const wanted = desiredReplicas(restored);
  if (wanted === 0 || wanted >= desiredReplicas(live.object)) return;
  const pods = await podsOf(live, port).catch((error: unknown): LiveObject[] => {
    if (error instanceof StratusError && !ENDING.includes(error.code)) return [];
    throw error;
  });
  const isTheirs = pods.some((pod) => costOf(pod) !== undefined && !isMarked(pod));
  if (isTheirs || new Set(pods.map(({ object }) => controllerOf(object)?.uid)).size > 1) return;
  const newest = pods.toSorted((a, b) => bornOf(a).localeCompare(bornOf(b))).slice(wanted);
  const until = port.clock.monotonic() + MARKED_WITHIN_MS;
  // What is refused leaves the choice to the controller.
  for (const pod of newest) {
    if (port.clock.monotonic() > until) return;
    if (!isMarked(pod)) await annotate(pod, FIRST, port);
  }
}

/**
 * Takes the marks off pods that stay after all, because somebody else decided so meanwhile.
 * @returns what is left of it, for the report
 */
export async function unmarkNewest(
  group: UndoGroup,
  live: LiveObject | undefined,
  port: UndoPort,
): Promise<Json[]> {
  if (live === undefined || !mayMark(group)) return [];
  const start = port.clock.monotonic();
  const isOver = (ms: number) => port.clock.monotonic() > start + ms;
  const notes = new Set<string>();
  for (let failures = 0; ; ) {
    const now = await port.get(live.key);
    if (now === undefined) return [];
    const pods = await podsOf(now, port);
    const marked = pods.filter(isMarked);
    if (marked.length === 0) return [...notes];
    const isLate = isOver(GONE_WITHIN_MS);
    if (isLate) notes.add('Its controller has not scaled it back yet, and chooses which pods go.');
    if (pods.length <= desiredReplicas(now.object) || isLate) {
      const isHopeless = () => failures > ATTEMPTS || (failures > 0 && isOver(UNMARKED_WITHIN_MS));
      for (const pod of marked) {
        if (!isHopeless() && !(await annotate(pod, null, port))) failures += 1;
      }
      if (isHopeless()) {
        const names = marked.map(({ key }) => key.name).join(', ');
        return [`The annotation ${COST} of ours could not be taken off ${names}.`];
      }
    }
    await port.clock.sleep(100);
  }
}

/** One answer for an undo and for every try of it, so that the marks of one that was killed are looked for. */
function mayMark(group: UndoGroup): boolean {
  const { resource } = group.key;
  return CHOSEN.includes(`${resource.group}/${resource.kind}`) && mayLowerReplicas(group);
}

const costOf = ({ object }: LiveObject) => object.metadata.annotations?.[COST];

/** By its value and by who wrote it: the same value of somebody else is theirs. */
function isMarked({ object }: LiveObject): boolean {
  if (object.metadata.annotations?.[COST] !== FIRST) return false;
  const holders = objectsOf(object.metadata.managedFields)
    .map(({ manager }) => stringOf(manager) ?? '')
    .filter((manager) => heldBy(object, manager, ['metadata', 'annotations', COST]));
  return holders.length > 0 && holders.every(isOurManager);
}

/** Pods of the same second by when they became ready. */
function bornOf({ object }: LiveObject): string {
  const ready = objectsOf(at(object, 'status', 'conditions')).find(({ type }) => type === 'Ready');
  return `${object.metadata.creationTimestamp} ${stringOf(ready?.lastTransitionTime) ?? '~'}`;
}

/** The workload's pods that count; none where they may not be read: then the controller chooses. */
async function podsOf({ key, uid }: LiveObject, port: UndoPort): Promise<LiveObject[]> {
  const owned = async (resource: 'pods' | 'replicasets.apps', owners: readonly string[]) =>
    (await port.list(resource, key.namespace)).filter(({ object }) =>
      owners.some((owner) => isControlledBy(object, owner)),
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

/** On what was read, so that a late one fails where anybody wrote since. @returns whether it was done */
async function annotate(pod: LiveObject, cost: string | null, port: UndoPort): Promise<boolean> {
  const { uid, resourceVersion } = pod;
  const body = stringifyJson({ metadata: { uid, resourceVersion, annotations: { [COST]: cost } } });
  const outcome = await port.send(
    { verb: 'patch', key: pod.key, patchType: 'merge', body },
    'child',
  );
  unreached(outcome);
  return outcome.kind === 'applied';
}
