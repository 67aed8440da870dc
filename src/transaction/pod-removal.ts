import type { LiveObject } from '../cluster/types.ts';
import { type Json, parseJson } from '../core/json.ts';
import { controllerOf, isKubeObject } from '../core/kube.ts';
import type { StepRow } from '../journal/types.ts';
import type { OpenImage } from '../undo/groups.ts';
import { removesPod } from './verbs.ts';

/** True for a delete or an eviction of a pod whose controller replaces it: nothing is to be created again. */
export function isManagedPodRemoval(step: StepRow, image: OpenImage): boolean {
  if (!removesPod(step)) return false;
  const bytes = image(step.seq, 'pre');
  const pre: Json | undefined = bytes && parseJson(bytes.toString('utf8'));
  return isKubeObject(pre) && controllerOf(pre) !== undefined;
}

/** True when the pod of a removal is still there and stays: the request never came to it, and can't any more. */
export function isStillServing(step: StepRow, live: LiveObject | undefined): boolean {
  return live?.uid === step.uid && live?.object.metadata.deletionTimestamp === undefined;
}
