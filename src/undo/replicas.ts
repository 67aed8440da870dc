import { at, equalJson, isObject, type Json, numberOf, objectsOf, stringOf } from '../core/json.ts';
import { desiredReplicas, type KubeObject } from '../core/kube.ts';
import { heldBy, isController, isOurs } from './managed-fields.ts';
import type { Conflict } from './merge.ts';
import type { UndoGroup, UndoStep } from './types.ts';

const PATH = ['spec', 'replicas'] as const;

/** True where updates among the steps changed the count of replicas. */
export function changesReplicas(steps: readonly UndoStep[]): boolean {
  return steps.some(
    ({ pre, post }) => pre && post && !equalJson(at(pre, ...PATH), at(post, ...PATH)),
  );
}

/**
 * The steps as if they had never touched the count: it is an autoscaler's, and what it makes of the present one is
 * its own decision. Taking ours back would take its later scale away as well.
 */
export function leavingReplicas(
  steps: readonly UndoStep[],
  now: KubeObject | undefined,
): readonly UndoStep[] {
  const count = at(now, ...PATH);
  if (count === undefined) return steps;
  return steps.map((step) =>
    step.pre && step.post
      ? { ...step, pre: withReplicas(step.pre, count), post: withReplicas(step.post, count) }
      : step,
  );
}

/**
 * True where the undo may lower the count. Without a person's decision it never gets below what is there unless a
 * step of ours raised it.
 */
export function mayLowerReplicas({
  steps,
  resolution,
}: Pick<UndoGroup, 'steps' | 'resolution'>): boolean {
  if (resolution !== undefined) return changesReplicas(steps);
  return steps.some(({ pre, post }) => pre && post && desiredReplicas(post) > desiredReplicas(pre));
}

export function withReplicas(object: KubeObject, count: Json): KubeObject {
  const { spec } = object;
  return { ...object, spec: { ...(isObject(spec) ? spec : {}), replicas: count } };
}

/** What the undo leaves different; undefined where the count is what it was. */
export function keptReplicas(
  steps: readonly UndoStep[],
  now: KubeObject | undefined,
  keeper: string,
): Json | undefined {
  const before = at(steps.find(({ pre }) => pre !== undefined)?.pre, ...PATH);
  const present = at(now, ...PATH);
  if (present === undefined || equalJson(before, present)) return undefined;
  const note = `kept: ${keeper} owns it`;
  return { path: PATH.join('.'), before: before ?? null, now: present, owner: keeper, note };
}

/**
 * Somebody else asked for the count that we had set, after us: taking ours back would lower it below their scale.
 * Shows only in managedFields, because the value is the same.
 */
export function laterScale(
  steps: readonly UndoStep[],
  now: KubeObject | undefined,
  restored: Json | undefined,
): Conflict | undefined {
  const ours = steps.findLast(({ post }) => post !== undefined)?.post;
  const [before, present] = [at(restored, ...PATH), at(now, ...PATH)];
  if (now === undefined || ours === undefined || !equalJson(at(ours, ...PATH), present)) {
    return undefined;
  }
  if ((numberOf(before) ?? 0) >= (numberOf(present) ?? 0)) return undefined;
  const joined = objectsOf(now.metadata.managedFields)
    .map(({ manager }) => stringOf(manager) ?? '')
    .some(
      (manager) =>
        !isOurs({ manager }) &&
        !isController({ manager }) &&
        heldBy(now, manager, PATH) &&
        !heldBy(ours, manager, PATH),
    );
  return joined ? { path: PATH, before, ours: present, now: present } : undefined;
}
