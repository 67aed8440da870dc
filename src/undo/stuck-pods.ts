import type { LiveObject, ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, type Json, numberOf, objectOf, objectsOf, stringOf } from '../core/json.ts';
import { controllerOf, isControlledBy, type KubeObject } from '../core/kube.ts';
import { changesTemplate } from './template-changes.ts';
import type { UndoGroup, UndoPort } from './types.ts';
import { unreached } from './unreached.ts';

const ATTEMPTS = 8;
const OBSERVED_WITHIN_MS = 10_000;

/**
 * A StatefulSet never replaces a pod that did not become ready, not even after its template went back: spec-equal
 * is not restored. Deletes those pods, so that the controller starts them anew.
 * @returns what was deleted, or could not be looked at, for the report
 */
export async function replaceStuckPods(group: UndoGroup, port: UndoPort): Promise<Json[]> {
  const { key } = group;
  if (key.resource.kind !== 'StatefulSet' || key.resource.group !== 'apps') return [];
  const { namespace } = key;
  if (namespace === undefined || !changesTemplate(group)) return [];
  const set = await observed(key, port);
  if (set === undefined) {
    return ['The controller did not look at it again in time; pods of the change may be left.'];
  }
  if (at(set.object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return [];
  const notes: Json[] = [];
  const pods = await port.list('pods', namespace).catch((error: unknown) => {
    if (error instanceof StratusError && error.code === 'forbidden') return undefined;
    throw error;
  });
  if (pods === undefined) return ['Its pods may not be read; some may be stuck on the change.'];
  const isStuck = stuckOn(set, rightfulRevisions(group, set));
  for (const pod of pods) {
    if (!isStuck(pod.object)) continue;
    const gone = await remove(pod, isStuck, port);
    notes.push(
      gone
        ? `Pod ${pod.key.name} was not ready and would have stayed on the changed template; it was deleted to be started anew.`
        : `Pod ${pod.key.name} is stuck on the changed template and could not be deleted.`,
    );
  }
  return notes;
}

/** The workload once its status speaks about its present spec. */
export async function observed(key: ObjectKey, port: UndoPort): Promise<LiveObject | undefined> {
  const until = port.clock.monotonic() + OBSERVED_WITHIN_MS;
  for (;;) {
    const live = await port.get(key);
    if (live === undefined) return undefined;
    const seen = numberOf(at(live.object, 'status', 'observedGeneration')) ?? 0;
    if (seen >= (numberOf(live.object.metadata.generation) ?? 0)) return live;
    if (port.clock.monotonic() > until) return undefined;
    await port.clock.sleep(100);
  }
}

/**
 * Revisions that a pod may be on: the one that is in force again, and the one that was current before our first
 * change, on which a partition may have held pods back. What is current now may be ours, if its rollout had finished.
 */
function rightfulRevisions({ steps }: UndoGroup, set: LiveObject): (string | undefined)[] {
  const before = steps.find(({ pre }) => pre !== undefined)?.pre;
  return [at(set.object, 'status', 'updateRevision'), at(before, 'status', 'currentRevision')].map(
    stringOf,
  );
}

type IsStuck = (pod: KubeObject) => boolean;

function stuckOn(set: LiveObject, rightful: readonly (string | undefined)[]): IsStuck {
  return (pod) => {
    if (!isMember(pod, set) || pod.metadata.deletionTimestamp !== undefined) return false;
    const ready = objectsOf(at(pod, 'status', 'conditions')).some(
      (condition) => condition.type === 'Ready' && condition.status === 'True',
    );
    const revision = pod.metadata.labels?.['controller-revision-hash'];
    return !ready && revision !== undefined && !rightful.includes(revision);
  };
}

/** Of a StatefulSet that was created again a moment ago, those of its names as well that it has yet to adopt. */
function isMember(pod: KubeObject, set: LiveObject): boolean {
  if (controllerOf(pod) !== undefined) return isControlledBy(pod, set.uid);
  const { name, labels } = pod.metadata;
  const selected = objectOf(at(set.object, 'spec', 'selector', 'matchLabels'));
  return (
    name.slice(0, name.lastIndexOf('-')) === set.key.name &&
    Object.entries(selected).every(([label, value]) => labels?.[label] === value)
  );
}

async function remove(pod: LiveObject, isStuck: IsStuck, port: UndoPort): Promise<boolean> {
  let live: LiveObject | undefined = pod;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (live === undefined || live.uid !== pod.uid || !isStuck(live.object)) return true;
    const outcome = await port.send(
      {
        verb: 'delete',
        key: pod.key,
        preconditions: { uid: live.uid, resourceVersion: live.resourceVersion },
        propagationPolicy: 'Background',
      },
      'child',
    );
    if (outcome.kind === 'applied') return true;
    unreached(outcome);
    if (outcome.kind === 'rejected' && ![404, 409, 429].includes(outcome.status)) return false;
    await port.clock.sleep(50 * 2 ** attempt);
    live = await port.get(pod.key);
  }
  return false;
}
