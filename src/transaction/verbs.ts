import { groupKind } from '../undo/group-kind.ts';
import type { PlannedWrite } from './types.ts';

/** True for writes after which the object is gone: there is no post-image and no field that changes. */
export function isRemoval(verb: PlannedWrite['verb']): boolean {
  return verb === 'delete' || verb === 'evict';
}

/** True for a journaled write that takes a pod away. */
export function removesPod(step: {
  readonly verb: PlannedWrite['verb'];
  readonly apiVersion: string;
  readonly kind: string;
}): boolean {
  return isRemoval(step.verb) && groupKind(step.apiVersion, step.kind) === 'Pod';
}
