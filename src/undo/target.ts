import { equalJson, isObject, type Json } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { changesSinceCreate } from './created.ts';
import { type Update, undoHistory } from './history.ts';
import { isController, ownerOf } from './managed-fields.ts';
import { INTENT_LABEL, isMark } from './marks.ts';
import type { Conflict } from './merge.ts';
import { type NormaliseOptions, normalise } from './normalise.ts';
import { formatPath } from './path.ts';
import { recreatedForm } from './recreate.ts';
import { withUidsNow } from './renewed.ts';
import type { Shape } from './shape.ts';
import type { UndoStep } from './types.ts';

/** Where an undo has to bring an object. */
export type Target =
  | { readonly kind: 'done'; readonly residual: readonly Json[] }
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

interface Walk {
  /** Normalised. */
  state: KubeObject | undefined;
  /** The stored object that `state` was made from: its uid and marks tell whose it is. */
  stored: KubeObject | undefined;
  readonly residual: Json[];
  readonly conflicts: Json[];
}

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
): Target {
  const absentBefore = all[0] !== undefined && all[0].pre === undefined;
  if (now === undefined && absentBefore) return { kind: 'done', residual: [] };
  const steps = now === undefined ? withoutGone(all) : all;
  const terminating = now?.metadata.deletionTimestamp !== undefined;
  const deleted = steps.findLast((step) => step.verb === 'delete');
  if (terminating) {
    if (deleted !== undefined || absentBefore) return { kind: 'wait' };
    return { kind: 'conflict', conflicts: ['The object is being deleted by somebody else.'] };
  }
  if (deleted?.pre && now && now.metadata.uid !== deleted.pre.metadata.uid) {
    return afterDelete(steps, now, shape, options);
  }
  const walk: Walk = {
    state: now && normalise(now, options),
    stored: now,
    residual: [],
    conflicts: [],
  };
  for (const run of runsOf(steps).reverse()) takeBack(run, now, walk, shape, options);
  if (walk.conflicts.length > 0) return { kind: 'conflict', conflicts: walk.conflicts };
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
): Target {
  const last = steps.findLastIndex((step) => step.verb === 'delete');
  const since = steps.slice(last + 1);
  if (since[0]?.pre === undefined && since[0] !== undefined && isOurs(since[0], now)) {
    // Ours has to go first; once it is gone the rest is taken back.
    return undoTarget(since, now, shape, options);
  }
  const deleted = steps[last]?.pre;
  const isAgain = (object: KubeObject) => isRecreated(object, now, options);
  if (last > 0 && since.length === 0 && steps[last]?.restoring && deleted && isAgain(deleted)) {
    // The undo of the delete alone was interrupted after it had created the object again.
    return undoTarget(renewedSteps(steps.slice(0, last), deleted, now), now, shape, options);
  }
  const goal = undoTarget(steps, undefined, shape, options);
  if (goal.kind === 'done') {
    return {
      kind: 'done',
      residual: ['Somebody else created an object of the same name meanwhile; it is kept.'],
    };
  }
  if (goal.kind === 'recreate' && isAgain(goal.object)) {
    return { kind: 'done', residual: ['uid and creationTimestamp are new'] };
  }
  return {
    kind: 'conflict',
    conflicts: ['Somebody else created an object of the same name meanwhile.'],
  };
}

function isRecreated(wanted: KubeObject, now: KubeObject, options: NormaliseOptions): boolean {
  const [was, is] = [wanted, now].map((one) => withoutPlace(recreatedForm(one, options)));
  return equalJson(was ?? null, is ?? null);
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

/** Owner references may have been remapped by the recreate, and a pod may have had to go to another node. */
function withoutPlace(object: KubeObject): KubeObject {
  const { ownerReferences: _owners, ...metadata } = object.metadata;
  const rest = { ...object, metadata: metadata as KubeObject['metadata'] };
  if (object.kind !== 'Pod' || !isObject(object.spec)) return rest;
  const { nodeName: _node, ...spec } = object.spec;
  return { ...rest, spec };
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
    walk.conflicts.push('Somebody else deleted the object meanwhile.');
    return;
  }
  if (run.some((step) => step.pre?.metadata.uid !== state.metadata.uid)) {
    walk.conflicts.push(
      'The object was deleted and created again by somebody else: its uid changed.',
    );
    return;
  }
  const updates = run.flatMap(({ pre, post, postUid }): Update[] => {
    if (pre === undefined || post === undefined) return [];
    const [before, ours] = [normalise(pre, options), normalise(post, options)];
    return [{ pre: before, post: ours, seen: postUid !== undefined }];
  });
  const merged = undoHistory(updates, state, shape);
  for (const conflict of merged.conflicts) noteConflict(conflict, now, walk);
  walk.state = merged.value as KubeObject;
}

function noteConflict(conflict: Conflict, now: KubeObject | undefined, walk: Walk): void {
  const owner = now && ownerOf(now, conflict.path);
  const entry = {
    path: formatPath(conflict.path),
    before: conflict.before ?? null,
    ours: conflict.ours ?? null,
    now: conflict.now ?? null,
    owner: owner === undefined ? 'unknown' : `${owner.manager}@${owner.time ?? 'unknown time'}`,
  };
  // An autoscaler owns replicas: its present value is kept.
  if (entry.path === 'spec.replicas' && owner && isController(owner)) {
    walk.residual.push({ ...entry, note: 'kept: an autoscaler owns it' });
  } else {
    walk.conflicts.push(entry);
  }
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
    walk.conflicts.push('The object created here was replaced by one of somebody else.');
    return;
  }
  const changes = changesSinceCreate(step, state, stored, shape, options);
  if (changes.length > 0) {
    walk.conflicts.push(...changes);
    return;
  }
  walk.state = undefined;
}
