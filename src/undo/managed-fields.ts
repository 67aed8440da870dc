import {
  equalJson,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  stringOf,
} from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { isControllerManager, isOurManager } from '../core/managers.ts';
import { isIgnoredAnnotation } from './normalise.ts';
import type { Path, Segment } from './path.ts';
import { withoutTaints } from './taints.ts';

export interface Owner {
  readonly manager: string;
  readonly operation: string;
  readonly subresource: string | undefined;
  readonly time: string | undefined;
}

export function isController(owner: Pick<Owner, 'manager'>): boolean {
  return isControllerManager(owner.manager);
}

/** True for the managers that our own writes go by. */
export function isOurs(owner: Pick<Owner, 'manager'>): boolean {
  return isOurManager(owner.manager);
}

/** The manager that last wrote a path, by managedFields; ours are left out. */
export function ownerOf(object: KubeObject, path: Path): Owner | undefined {
  return lastOwner(object, path, (manager) => !isOurManager(manager));
}

/** The same, ours among them. */
export function anyOwnerOf(object: KubeObject, path: Path): Owner | undefined {
  return lastOwner(object, path, () => true);
}

/** True where a manager's fields cover a path; with an empty path, where it has written anything but status. */
export function heldBy(object: KubeObject, manager: string, path: Path): boolean {
  return objectsOf(object.metadata.managedFields).some(
    (entry) =>
      entry.manager === manager &&
      entry.subresource !== 'status' &&
      (path.length === 0 || depthOf(objectOf(entry.fieldsV1), path) > 0),
  );
}

function lastOwner(
  object: KubeObject,
  path: Path,
  counts: (manager: string) => boolean,
): Owner | undefined {
  const [best] = objectsOf(object.metadata.managedFields)
    .filter((entry) => counts(stringOf(entry.manager) ?? ''))
    .map((entry) => ({ entry, depth: depthOf(objectOf(entry.fieldsV1), path) }))
    .filter(({ depth }) => depth > 0)
    .sort((a, b) => b.depth - a.depth || timeOf(b.entry).localeCompare(timeOf(a.entry)));
  if (best === undefined) return undefined;
  const latest = best.entry;
  return {
    manager: stringOf(latest.manager) ?? 'unknown',
    operation: stringOf(latest.operation) ?? 'Update',
    subresource: stringOf(latest.subresource),
    time: stringOf(latest.time),
  };
}

function timeOf(entry: JsonObject): string {
  return stringOf(entry.time) ?? '';
}

/**
 * How many segments of a path a fields set holds; 0 when it doesn't cover the path. A set that ends early may own
 * an atomic value as a whole, or a map without what is in it: who holds more of the path is the owner.
 */
function depthOf(fields: JsonObject, path: Path): number {
  let here: JsonObject = fields;
  for (const [depth, segment] of path.entries()) {
    const next = childOf(here, segment);
    if (next === undefined) return 0;
    if (Object.keys(next).length === 0) return depth + 1;
    here = next;
  }
  return path.length;
}

function childOf(fields: JsonObject, segment: Segment): JsonObject | undefined {
  if (typeof segment === 'string') return asObject(fields[`f:${segment}`]);
  const [prefix, wanted]: [string, Json] =
    'keys' in segment ? ['k:', { ...segment.keys }] : ['v:', segment.value];
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(prefix) && equalJson(parseJson(name.slice(2)), wanted))
      return asObject(value);
  }
  return undefined;
}

function asObject(value: Json | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}

/**
 * What managedFields should be after an undo: those of the pre-image, with the live ones of status writers
 * and of controllers that only wrote what we ignore.
 * @returns undefined when somebody else wrote meanwhile; ownership is then theirs and stays as it is.
 */
export function restoredManagedFields(pre: KubeObject, live: KubeObject): Json[] | undefined {
  const before = objectsOf(pre.metadata.managedFields);
  const result: JsonObject[] = before.filter((entry) => stringOf(entry.subresource) !== 'status');
  for (const entry of objectsOf(live.metadata.managedFields)) {
    if (
      isOurManager(stringOf(entry.manager) ?? '') &&
      !before.some((old) => sameManager(old, entry))
    )
      continue;
    if (stringOf(entry.subresource) === 'status') {
      result.push(entry);
      continue;
    }
    const index = result.findIndex((old) => sameManager(old, entry));
    const old = index < 0 ? undefined : result[index];
    // Times have seconds: within one, new fields tell that it wrote. Fewer fields are what we took from it.
    if (old !== undefined && old.time === entry.time && within(entry, old)) continue;
    if (isOurManager(stringOf(entry.manager) ?? '')) continue;
    if (old !== undefined && wroteItsOwn(entry, old)) {
      if (equalJson(entry.fieldsV1, old.fieldsV1)) result[index] = entry;
      continue;
    }
    if (!onlyIgnored(objectOf(entry.fieldsV1))) return undefined;
    if (index < 0) result.push(entry);
    else result[index] = entry;
  }
  return result;
}

/** True for a controller that holds what it held, besides the list of taints that it shares with everybody. */
function wroteItsOwn(entry: JsonObject, old: JsonObject): boolean {
  if (!isControllerManager(stringOf(entry.manager) ?? '')) return false;
  return holdsNoMore(withoutTaints(objectOf(entry.fieldsV1)), objectOf(old.fieldsV1));
}

/** True when an entry holds no field that the other one doesn't hold. */
function within(entry: JsonObject, other: JsonObject): boolean {
  return holdsNoMore(objectOf(entry.fieldsV1), objectOf(other.fieldsV1));
}

/** True when a fields set names no field that another one doesn't name. */
export function holdsNoMore(fields: JsonObject, other: JsonObject): boolean {
  return Object.entries(fields).every(
    ([name, value]) => name in other && holdsNoMore(objectOf(value), objectOf(other[name])),
  );
}

function sameManager(a: JsonObject, b: JsonObject): boolean {
  return (['manager', 'operation', 'subresource', 'apiVersion'] as const).every(
    (key) => a[key] === b[key],
  );
}

/** True when a fields set holds nothing but annotations that {@link isIgnoredAnnotation} names. */
function onlyIgnored(fields: JsonObject): boolean {
  return Object.entries(fields).every(([name, value]) => {
    if (name !== 'f:metadata') return false;
    return Object.entries(objectOf(value)).every(([inner, annotations]) => {
      if (inner !== 'f:annotations') return false;
      return Object.keys(objectOf(annotations)).every(
        (annotation) => annotation === '.' || isIgnoredAnnotation(annotation.slice(2)),
      );
    });
  });
}

/** managedFields without times, sorted: for comparing two states of ownership. */
export function comparableManagedFields(object: KubeObject): Json {
  return objectsOf(object.metadata.managedFields)
    .filter(
      (entry) => stringOf(entry.subresource) !== 'status' && !onlyIgnored(objectOf(entry.fieldsV1)),
    )
    .map(({ time: _time, ...entry }) => entry)
    .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}
