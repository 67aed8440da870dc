/** Label that every object we create carries until its transaction ends: tells ours from a stranger's of the same name. */
export const INTENT_LABEL = 'stratus.dev/intent';

/**
 * Label whose writing makes a late write of ours fail; taken off by the restore. No annotation: controllers copy those
 * of a Deployment to its ReplicaSets and those of a DaemonSet to its ControllerRevisions, and never take them off again.
 */
export const FENCE_LABEL = 'stratus.dev/fence';

/** Exactly these are ours; what else begins with stratus.dev/ belongs to people, such as stratus.dev/protected. */
export function isMark(name: string): boolean {
  return name === INTENT_LABEL || name === FENCE_LABEL;
}
