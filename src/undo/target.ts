import { equalJson, type Json } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { changesSinceCreate } from './created.ts';
import { type Update, undoHistory } from './history.ts';
import { isMadeByUndo, isRecreated } from './made-again.ts';
import { INTENT_LABEL, isMark } from './marks.ts';
import type { Conflict } from './merge.ts';
import { type NormaliseOptions, normalise } from './normalise.ts';
import { withUidsNow } from './renewed.ts';
import { laterScale, withReplicas } from './replicas.ts';
import type { Resolution } from './resolution.ts';
import type { Shape } from './shape.ts';
import type { UndoStep } from './types.ts';
import { goesOver, noteClash, noteConflict, type Walk, withWholeTemplate } from './walk.ts';

/** Where an undo has to bring an object. */
export type Target =
  /** `kept`: a person decided that the object stays as somebody else left it. */
  | { readonly kind: 'done'; readonly residual: readonly Json[]; readonly kept?: true }
  /** Terminating: nothing can be done until it is gone. */
  | { readonly kind: 'wait' }
  | { readonly kind: 'delete'; readonly uid: string }
  | { readonly kind: 'recreate'; readonly object: KubeObject }
  | {
      readonly kind: 'replace';
      /** Normalised. */
      readonly object: KubeObject;
      /** True when nobody else changed it: the result is the pre-image. */
      readonly exact: boolean;
      readonly residual: readonly Json[];
    }
  | { readonly kind: 'conflict'; readonly conflicts: readonly Json[] };

/**
 * Computes, from the present object alone, what an undo of all steps on it has to do. Pure and idempotent.
 * Steps are taken back in memory, newest first, so that what somebody else wrote between two of ours is kept;
 * the cluster sees one write.
 */
export function undoTarget(
  all: readonly UndoStep[],
  now: KubeObject | undefined,
  shape: Shape,
  options: NormaliseOptions,
  resolution?: Resolution,
): Target {
  const absentBefore = all[0] !== undefined && all[0].pre === undefined;
  if (now === undefined && absentBefore) return { kind: 'done', residual: [] };
  const steps = now === undefined ? withoutGone(all) : all;
  const terminating = now?.metadata.deletionTimestamp !== undefined;
  const deleted = steps.findLast((step) => step.verb === 'delete');
  if (terminating) {
    if (deleted !== undefined || absentBefore) return { kind: 'wait' };
    return clash('The object is being deleted by somebody else.', resolution);
  }
  if (deleted?.pre && now && now.metadata.uid !== deleted.pre.metadata.uid) {
    return afterDelete(steps, now, shape, options, resolution);
  }
  const walk: Walk = {
    state: now && normalise(now, options),
    stored: now,
    residual: [],
    conflicts: [],
    keep: false,
    resolution,
  };
  for (const run of runsOf(steps).reverse()) takeBack(run, now, walk, shape, options);
  if (walk.conflicts.length > 0) return { kind: 'conflict', conflicts: walk.conflicts };
  if (walk.keep) return { kind: 'done', residual: walk.residual, kept: true };
  return compare(walk, now, steps, options);
}

function compare(
  walk: Walk,
  now: KubeObject | undefined,
  steps: readonly UndoStep[],
  options: NormaliseOptions,
): Target {
  if (walk.state === undefined) {
    if (now === undefined) return { kind: 'done', residual: walk.residual };
    return { kind: 'delete', uid: now.metadata.uid ?? '' };
  }
  if (now === undefined) return { kind: 'recreate', object: walk.state };
  const marked = hasMarks(now);
  if (!marked && equalJson(walk.state, normalise(now, options)))
    return { kind: 'done', residual: walk.residual };
  const first = steps[0]?.pre;
  const exact = first !== undefined && equalJson(walk.state, normalise(first, options));
  return { kind: 'replace', object: walk.state, exact, residual: walk.residual };
}

function hasMarks(object: KubeObject): boolean {
  const names = [
    ...Object.keys(object.metadata.annotations ?? {}),
    ...Object.keys(object.metadata.labels ?? {}),
  ];
  return names.some(isMark);
}

/** What we created after our last delete and is gone again needs no taking back. */
function withoutGone(steps: readonly UndoStep[]): readonly UndoStep[] {
  const end = steps.findLastIndex((step) => step.verb === 'delete') + 1;
  return end > 0 && steps[end]?.pre === undefined ? steps.slice(0, end) : steps;
}

/**
 * The object was deleted by us and something of its name exists: what we created in its place, what our undo
 * created already, or a stranger's.
 */
function afterDelete(
  steps: readonly UndoStep[],
  now: KubeObject,
  shape: Shape,
  options: NormaliseOptions,
  resolution: Resolution | undefined,
): Target {
  const again = { kind: 'done', residual: ['uid and creationTimestamp are new'] } as const;
  const made = steps.findIndex(
    ({ verb, postUid }) => verb === 'delete' && postUid === now.metadata.uid,
  );
  const origin = steps[made]?.pre;
  if (origin !== undefined) {
    // What was done before it was deleted may have to be taken back on what was created for it.
    if (made === 0) return again;
    return undoTarget(
      renewedSteps(steps.slice(0, made), origin, now),
      now,
      shape,
      options,
      resolution,
    );
  }
  const last = steps.findLastIndex((step) => step.verb === 'delete');
  const since = steps.slice(last + 1);
  if (since[0]?.pre === undefined && since[0] !== undefined && isOurs(since[0], now)) {
    // Ours has to go first; once it is gone the rest is taken back.
    return undoTarget(since, now, shape, options, resolution);
  }
  const goal = undoTarget(steps, undefined, shape, options);
  if (goal.kind === 'recreate' && isRecreated(goal.object, now, options)) return again;
  const deleted = steps[last];
  const alone = last > 0 && since.length === 0 && deleted?.restoring ? deleted.pre : undefined;
  if (alone !== undefined && isRecreated(alone, now, options)) {
    // The undo of the delete alone was interrupted after it had created the object again.
    const renewed = renewedSteps(steps.slice(0, last), alone, now);
    return undoTarget(renewed, now, shape, options, resolution);
  }
  if (goal.kind === 'done') {
    return {
      kind: 'done',
      residual: ['Somebody else created an object of the same name meanwhile; it is kept.'],
    };
  }
  if (goal.kind === 'recreate' && isMadeByUndo(steps, now)) return again;
  return clash('Somebody else created an object of the same name meanwhile.', resolution);
}

/** The steps as if the deleted object had been the one that is there now. */
function renewedSteps(
  steps: readonly UndoStep[],
  deleted: KubeObject,
  now: KubeObject,
): readonly UndoStep[] {
  const [was, is] = [deleted.metadata.uid ?? '', now.metadata.uid ?? ''];
  const renewed = new Map([[was, is]]);
  return steps.map((step) => ({
    ...step,
    pre: step.pre && withUidsNow(step.pre, renewed),
    post: step.post && withUidsNow(step.post, renewed),
    postUid: step.postUid === was ? is : step.postUid,
  }));
}

/** Splits the steps so that updates in a row are taken back together, creates and deletes alone. */
function runsOf(steps: readonly UndoStep[]): UndoStep[][] {
  const runs: UndoStep[][] = [];
  for (const step of steps) {
    const run = runs.at(-1);
    if (run?.every(isUpdate) && isUpdate(step)) run.push(step);
    else runs.push([step]);
  }
  return runs;
}

function isUpdate(step: UndoStep): boolean {
  return step.verb !== 'delete' && step.pre !== undefined;
}

function takeBack(
  run: readonly UndoStep[],
  now: KubeObject | undefined,
  walk: Walk,
  shape: Shape,
  options: NormaliseOptions,
): void {
  const [step] = run;
  if (step === undefined) return;
  if (step.verb === 'delete') {
    if (walk.state !== undefined) return;
    walk.state = step.pre && normalise(step.pre, options);
    walk.stored = step.pre;
  } else if (step.pre === undefined) {
    takeBackCreate(step, walk, shape, options);
  } else {
    takeBackUpdates(run, now, walk, shape, options);
  }
}

function takeBackUpdates(
  run: readonly UndoStep[],
  now: KubeObject | undefined,
  walk: Walk,
  shape: Shape,
  options: NormaliseOptions,
): void {
  const { state } = walk;
  if (state === undefined) {
    const again = noteClash(walk, 'Somebody else deleted the object meanwhile.', true);
    const [first] = run;
    if (again && first?.pre) {
      walk.state = normalise(first.pre, options);
      walk.stored = first.pre;
    }
    return;
  }
  if (run.some((step) => step.pre?.metadata.uid !== state.metadata.uid)) {
    const origin = run[0]?.pre;
    const forced = walk.resolution?.how === 'force';
    // Made again by this very undo.
    if (forced && origin && walk.stored && isRecreated(origin, walk.stored, options)) return;
    noteClash(
      walk,
      'The object was deleted and created again by somebody else: its uid changed.',
      false,
    );
    return;
  }
  const updates = run.flatMap(({ pre, post, postUid }): Update[] => {
    if (pre === undefined || post === undefined) return [];
    const [before, ours] = [normalise(pre, options), normalise(post, options)];
    return [{ pre: before, post: ours, seen: postUid !== undefined }];
  });
  const first = run[0]?.pre;
  const isForced = (conflict: Conflict) => goesOver(walk, conflict, first, now);
  const merged = undoHistory(updates, state, shape, isForced);
  const kept = merged.conflicts
    .filter((conflict) => noteConflict(walk, conflict, first, now))
    .map(({ path }) => path);
  const restored = withWholeTemplate(merged.value as KubeObject, state, kept, walk);
  const scaled = laterScale(run, now, restored);
  if (scaled !== undefined) noteConflict(walk, scaled, first, now);
  const lowers = scaled === undefined || isForced(scaled);
  walk.state = lowers ? restored : withReplicas(restored, scaled.now ?? null);
}

function isOurs(step: UndoStep, object: KubeObject): boolean {
  return (
    object.metadata.labels?.[INTENT_LABEL] === step.intentId ||
    (step.postUid !== undefined && object.metadata.uid === step.postUid)
  );
}

function takeBackCreate(step: UndoStep, walk: Walk, shape: Shape, options: NormaliseOptions): void {
  const { state, stored } = walk;
  if (state === undefined || stored === undefined) return;
  if (!isOurs(step, stored)) {
    if (step.postUid === undefined) return;
    noteClash(walk, 'The object created here was replaced by one of somebody else.', false);
    return;
  }
  const changes = changesSinceCreate(step, state, stored, shape, options);
  for (const change of changes) noteClash(walk, change, true);
  if (changes.length > 0 && (walk.conflicts.length > 0 || walk.keep)) return;
  walk.state = undefined;
}

/** A conflict about the object as a whole, which nobody can force. */
function clash(conflict: string, resolution: Resolution | undefined): Target {
  if (resolution?.how === 'keep_theirs' && resolution.covers(conflict)) {
    return { kind: 'done', residual: [`${conflict} Kept so, as asked.`], kept: true };
  }
  return { kind: 'conflict', conflicts: [conflict] };
}
