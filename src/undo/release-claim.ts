import type { LiveObject, ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, type Json, objectsOf, stringOf } from '../core/json.ts';
import { controllerOf, type KubeObject } from '../core/kube.ts';
import type { UndoPort } from './types.ts';

/**
 * Pods that waited for a claim start as soon as it is created, and their use of it keeps the claim from going again
 * (the finalizer kubernetes.io/pvc-protection). Deletes those pods: their controllers make new ones, which wait as
 * before, because no pod is placed with a claim that is on its way out. What they wrote goes with the claim anyway.
 * @returns what was deleted, for the report
 */
export async function releaseClaim(key: ObjectKey, port: UndoPort): Promise<Json[]> {
  if (key.resource.apiVersion !== 'v1' || key.resource.kind !== 'PersistentVolumeClaim') return [];
  const pods = await port.list('pods', key.namespace).catch((error: unknown) => {
    if (error instanceof StratusError && error.code === 'forbidden') return [];
    throw error;
  });
  const notes: Json[] = [];
  for (const pod of pods) {
    if (!holds(pod.object, key.name) || !(await remove(pod, port))) continue;
    notes.push(
      `Pod ${pod.key.name} had started with the claim; it was deleted to be started anew.`,
    );
  }
  return notes;
}

/** A bare pod would not come back, so it stays, and the claim with it. */
function holds(pod: KubeObject, claim: string): boolean {
  const phase = at(pod, 'status', 'phase');
  return (
    pod.metadata.deletionTimestamp === undefined &&
    phase !== 'Succeeded' &&
    phase !== 'Failed' &&
    stringOf(at(pod, 'spec', 'nodeName')) !== undefined &&
    controllerOf(pod) !== undefined &&
    objectsOf(at(pod, 'spec', 'volumes')).some(
      (volume) => at(volume, 'persistentVolumeClaim', 'claimName') === claim,
    )
  );
}

/** One try: who waits for the claim asks again. */
async function remove(pod: LiveObject, port: UndoPort): Promise<boolean> {
  const { uid, resourceVersion } = pod;
  const outcome = await port.send(
    {
      verb: 'delete',
      key: pod.key,
      preconditions: { uid, resourceVersion },
      propagationPolicy: 'Background',
    },
    'child',
  );
  return outcome.kind === 'applied';
}
