import { at, isObject, type Json, type JsonObject } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { heldBy, isController, type Owner, ownerOf } from './managed-fields.ts';
import type { Conflict } from './merge.ts';
import { isReconciler } from './owners/recognise.ts';
import { formatPath, type Path } from './path.ts';
import type { Resolution } from './resolution.ts';

/** An object while steps are taken back in memory, newest first. */
export interface Walk {
  /** Normalised. */
  state: KubeObject | undefined;
  /** The stored object that `state` was made from: its uid and marks tell whose it is. */
  stored: KubeObject | undefined;
  readonly residual: Json[];
  readonly conflicts: Json[];
  /** A person decided that the object stays as somebody else left it. */
  keep: boolean;
  readonly resolution: Resolution | undefined;
}

function keepsTheirs(walk: Walk): boolean {
  return walk.resolution?.how === 'keep_theirs';
}

/**
 * Notes a conflict about the object as a whole.
 * @param forcible whether `force` has a meaning here: what somebody else made is never deleted by it
 * @returns true where it was decided to go over it
 */
export function noteClash(walk: Walk, conflict: Json, forcible: boolean): boolean {
  const { resolution } = walk;
  if (!resolution?.covers(conflict) || (resolution.how === 'force' && !forcible)) {
    walk.conflicts.push(conflict);
    return false;
  }
  walk.residual.push(withNote(conflict, NOTES[resolution.how]));
  if (resolution.how === 'force') return true;
  walk.keep = true;
  return false;
}

/**
 * Notes a path that we changed and somebody else changed again: a conflict, unless its value is nobody's to argue
 * about, or a person decided.
 * @param first the object before the first of our writes
 * @returns true where a person decided that it stays
 */
export function noteConflict(
  walk: Walk,
  conflict: Conflict,
  first: KubeObject | undefined,
  now: KubeObject | undefined,
): boolean {
  const owner = now && ownerOf(now, conflict.path);
  const entry = {
    path: formatPath(conflict.path),
    before: conflict.before ?? null,
    ours: conflict.ours ?? null,
    now: conflict.now ?? null,
    owner: owner === undefined ? 'unknown' : `${owner.manager}@${owner.time ?? 'unknown time'}`,
  };
  const note = settledBy(conflict.path, owner, first);
  if (note !== undefined) {
    walk.residual.push({ ...entry, note });
    return false;
  }
  if (walk.resolution?.covers(entry)) {
    walk.residual.push({ ...entry, note: NOTES[walk.resolution.how] });
    return keepsTheirs(walk);
  }
  walk.conflicts.push(entry);
  return false;
}

const NOTES = {
  force: 'overwritten, as asked',
  keep_theirs: 'kept, as asked',
} as const;

/** Why the present value stays without anybody being asked; undefined when it is somebody's own decision. */
function settledBy(
  path: Path,
  owner: Owner | undefined,
  first: KubeObject | undefined,
): string | undefined {
  if (owner === undefined) return undefined;
  // An autoscaler owns replicas: its present value is kept.
  if (formatPath(path) === 'spec.replicas' && isController(owner))
    return 'kept: an autoscaler owns it';
  // Who declared the field before us has put its own value back: ours is gone already.
  const declared =
    first !== undefined &&
    isReconciler(owner.manager, owner.operation) &&
    heldBy(first, owner.manager, path);
  return declared ? `kept: ${owner.manager} declares it and put its own value back` : undefined;
}

/**
 * Whether a person's decision is to write what was before us over the present value. What nobody was asked about,
 * because it stays anyway, it does not reach.
 */
export function goesOver(
  { resolution }: Walk,
  { path }: Conflict,
  first: KubeObject | undefined,
  now: KubeObject | undefined,
): boolean {
  return (
    resolution?.how === 'force' && settledBy(path, now && ownerOf(now, path), first) === undefined
  );
}

function withNote(conflict: Json, note: string): Json {
  return isObject(conflict) ? { ...conflict, note } : `${String(conflict)} (${note})`;
}

const TEMPLATES: readonly (readonly string[])[] = [
  ['spec', 'jobTemplate', 'spec', 'template'],
  ['spec', 'template'],
];

/**
 * A pod template is kept or taken back whole: theirs on some paths and ours taken out of the others would be a third
 * template, which nobody ever ran.
 */
export function withWholeTemplate(
  restored: KubeObject,
  present: KubeObject,
  kept: readonly Path[],
  walk: Walk,
): KubeObject {
  const template = TEMPLATES.find(
    (place) =>
      isObject(at(present, ...place, 'spec')) &&
      kept.some((path) => place.every((name, depth) => path[depth] === name)),
  );
  if (template === undefined) return restored;
  const text = template.join('.');
  walk.residual.push(`${text} was kept whole, with what this transaction changed in it.`);
  return replaced(restored, template, at(present, ...template)) as KubeObject;
}

function replaced(
  object: JsonObject,
  path: readonly string[],
  value: Json | undefined,
): JsonObject {
  const [name = '', ...rest] = path;
  if (value === undefined) return object;
  const inner = object[name];
  const child = rest.length === 0 ? value : replaced(isObject(inner) ? inner : {}, rest, value);
  return { ...object, [name]: child };
}
