import type { LiveObject, ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, equalJson, type Json, numberOf, objectsOf, stringOf } from '../core/json.ts';
import { isControlledBy, type KubeObject } from '../core/kube.ts';
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
  if (namespace === undefined || !group.steps.some(changesTemplate)) return [];
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
  for (const pod of pods) {
    if (!isStuck(pod.object, set.object)) continue;
    const gone = await remove(pod, set.object, port);
    notes.push(
      gone
        ? `Pod ${pod.key.name} was not ready and would have stayed on the changed template; it was deleted to be started anew.`
        : `Pod ${pod.key.name} is stuck on the changed template and could not be deleted.`,
    );
  }
  return notes;
}

/** Whether a step gave a workload another pod template. */
export function changesTemplate({ pre, post }: UndoGroup['steps'][number]): boolean {
  return (
    pre !== undefined &&
    post !== undefined &&
    !equalJson(at(pre, 'spec', 'template'), at(post, 'spec', 'template'))
  );
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

function isStuck(pod: KubeObject, set: KubeObject): boolean {
  if (!isControlledBy(pod, set.metadata.uid) || pod.metadata.deletionTimestamp !== undefined)
    return false;
  const ready = objectsOf(at(pod, 'status', 'conditions')).some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
  const revision = pod.metadata.labels?.['controller-revision-hash'];
  const wanted = ['currentRevision', 'updateRevision'].map((name) =>
    stringOf(at(set, 'status', name)),
  );
  return !ready && revision !== undefined && !wanted.includes(revision);
}

async function remove(pod: LiveObject, set: KubeObject, port: UndoPort): Promise<boolean> {
  let live: LiveObject | undefined = pod;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (live === undefined || live.uid !== pod.uid || !isStuck(live.object, set)) return true;
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
