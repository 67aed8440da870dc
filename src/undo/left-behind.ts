import { at, numberOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { groupKind } from './group-kind.ts';

const UPDATED: Readonly<Record<string, readonly [updated: string, all: string]>> = {
  'Deployment.apps': ['updatedReplicas', 'replicas'],
  'StatefulSet.apps': ['updatedReplicas', 'replicas'],
  'DaemonSet.apps': ['updatedNumberScheduled', 'desiredNumberScheduled'],
};

/**
 * A pause, a partition or OnDelete that held a template back is in force again, but what it let go meanwhile was
 * replaced for good: the controllers only ever go forward.
 * @returns what stays, for the report
 */
export function leftBehind(before: KubeObject, after: KubeObject): string[] {
  const fields = UPDATED[groupKind(before.apiVersion, before.kind)];
  if (fields === undefined) return [];
  const count = (object: KubeObject, field: string) => numberOf(at(object, 'status', field)) ?? 0;
  const [updated, all] = fields;
  const wasHeldBack = count(before, updated) < count(before, all);
  const moved = count(after, updated) - count(before, updated);
  if (!wasHeldBack || moved <= 0 || !isHolding(after)) return [];
  return [`${moved} of its pods moved to the template that was held back, and stay on it.`];
}

/** True when its strategy keeps pods from the newest template. */
function isHolding({ spec }: KubeObject): boolean {
  return (
    at(spec, 'paused') === true ||
    at(spec, 'updateStrategy', 'type') === 'OnDelete' ||
    (numberOf(at(spec, 'updateStrategy', 'rollingUpdate', 'partition')) ?? 0) > 0
  );
}
