import { equalJson, type Json, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { isOurManager } from '../../core/managers.ts';
import { diffPaths } from '../diff.ts';
import { elementsOf } from '../elements.ts';
import { placeAt } from '../history.ts';
import { isController, type Owner, ownerOf } from '../managed-fields.ts';
import { type NormaliseOptions, normalise } from '../normalise.ts';
import { formatPath, type Path } from '../path.ts';
import type { Shape } from '../shape.ts';
import type { UndoStep } from '../types.ts';
import { isReconciler } from './recognise.ts';

/** A field that we wrote and somebody else changed again, as often as it was seen. */
export interface Flip {
  readonly path: string;
  readonly manager: string;
  readonly times: number;
  /** It has the value that it had before us. */
  readonly back: boolean;
  /** It is so now; false where a later write of ours set it once more. */
  readonly standing: boolean;
  /** The manager is a controller, a GitOps tool or a server-side applier: it will do so again. */
  readonly reconciles: boolean;
}

/** The object as it was seen at some moment after the step of this number. */
export interface Sighting {
  readonly afterSeq: number;
  readonly object: KubeObject;
}

interface Tracked {
  readonly path: Path;
  readonly before: Json | undefined;
  expected: Json | undefined;
  last: { manager: string; reconciles: boolean } | undefined;
  readonly times: Map<string, number>;
}

/**
 * Which fields of one object went back and forth between us and somebody else. Each step's pre-image is a sighting
 * too, so that most of it is in the journal anyway.
 */
export function flipsOf(
  steps: readonly UndoStep[],
  sightings: readonly Sighting[],
  shape: Shape,
  options: NormaliseOptions,
): Flip[] {
  const tracked = new Map<string, Tracked>();
  const [first] = steps;
  const origin = first?.pre;
  for (const step of steps) {
    const { pre, post } = step;
    if (pre === undefined || post === undefined) continue;
    observe(tracked, pre, origin, shape, options);
    track(tracked, normalise(pre, options), normalise(post, options), shape);
    const later = sightings.filter(({ afterSeq }) => afterSeq === step.seq);
    for (const { object } of later) observe(tracked, object, origin, shape, options);
  }
  return [...tracked.values()].flatMap((it) =>
    [...it.times].map(
      ([manager, times]): Flip => ({
        path: formatPath(it.path),
        manager,
        times,
        back: equalJson(it.expected, it.before),
        standing: it.last?.manager === manager,
        reconciles: it.last?.reconciles ?? false,
      }),
    ),
  );
}

function track(tracked: Map<string, Tracked>, pre: KubeObject, post: KubeObject, shape: Shape) {
  const paths = diffPaths(pre, post, shape);
  // A later write of ours within a field, or around it, is nobody else's doing.
  for (const known of tracked.values()) {
    const expected = stateAt(post, known.path, shape);
    if (equalJson(stateAt(pre, known.path, shape), expected)) continue;
    known.expected = expected;
    if (paths.some((path) => isWithin(known.path, path))) known.last = undefined;
  }
  for (const path of paths) {
    const id = formatPath(path);
    if (tracked.has(id)) continue;
    const [before, expected] = [stateAt(pre, path, shape), stateAt(post, path, shape)];
    tracked.set(id, { path, before, expected, last: undefined, times: new Map() });
  }
}

/** The value at a path that differs; of a list of elements that is their order alone, for they have paths of their own. */
function stateAt(object: KubeObject, path: Path, shape: Shape): Json | undefined {
  const { value, shape: here } = placeAt(object as Json, path, shape);
  const order = here.kind === 'keyed-list' ? elementsOf(value, here)?.order : undefined;
  return order === undefined ? value : [...order];
}

/** Whether a path is that of a field, or of a part of it. */
function isWithin(path: Path, field: Path): boolean {
  return equalJson(path.slice(0, field.length) as Json, field as Json);
}

function observe(
  tracked: Map<string, Tracked>,
  seen: KubeObject,
  origin: KubeObject | undefined,
  shape: Shape,
  options: NormaliseOptions,
): void {
  if (tracked.size === 0 || seen.metadata.uid !== origin?.metadata.uid) return;
  const state = normalise(seen, options);
  for (const it of tracked.values()) {
    const value = stateAt(state, it.path, shape);
    if (equalJson(value, it.expected)) continue;
    const owner = ownerOf(seen, it.path) ?? lastWriter(seen);
    const manager = owner?.manager ?? 'unknown';
    const reconciles =
      owner !== undefined && (isController(owner) || isReconciler(owner.manager, owner.operation));
    it.times.set(manager, (it.times.get(manager) ?? 0) + 1);
    it.expected = value;
    it.last = { manager, reconciles };
  }
}

/** Who wrote last to an object: a field that was taken away has no owner. */
function lastWriter(object: KubeObject): Owner | undefined {
  const [last] = objectsOf(object.metadata.managedFields)
    .filter((it) => it.subresource !== 'status' && !isOurManager(stringOf(it.manager) ?? ''))
    .sort((a, b) => (stringOf(b.time) ?? '').localeCompare(stringOf(a.time) ?? ''));
  if (last === undefined) return undefined;
  return {
    manager: stringOf(last.manager) ?? 'unknown',
    operation: stringOf(last.operation) ?? 'Update',
    subresource: stringOf(last.subresource),
    time: stringOf(last.time),
  };
}
