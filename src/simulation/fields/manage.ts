import type { Json, JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import type { SchemaType } from '../schema/notation.ts';
import { compare } from './compare.ts';
import { type Entry, identity, type Owners, readEntries, writeEntries } from './entries.ts';
import { mergeApplied, prune } from './merge.ts';
import {
  difference,
  EMPTY,
  type FieldSet,
  fieldsOf,
  intersection,
  isEmpty,
  pathsOf,
  recursiveDifference,
  union,
} from './set.ts';

/** Who writes, as its entry says. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, whole seconds; none for a scale. */
  readonly time: string | undefined;
}

/** A field that another manager owns with another value. */
export interface FieldConflict {
  readonly owner: Entry;
  readonly path: string;
}

export interface Applied {
  readonly object: KubeObject;
  readonly conflicts: readonly FieldConflict[];
}

/** What identifies an object, or is the server's: nobody owns it. */
const UNOWNED: FieldSet = nest([
  ['f:apiVersion'],
  ['f:kind'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'generation',
    'managedFields',
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ].map((field) => ['f:metadata', `f:${field}`]),
]);

function nest(paths: readonly (readonly string[])[]): FieldSet {
  let set = EMPTY;
  for (const path of paths) {
    let one: FieldSet = { member: true, children: new Map() };
    for (const element of [...path].reverse()) {
      one = { member: false, children: new Map([[element, one]]) };
    }
    set = union(set, one);
  }
  return set;
}

/** What a subresource, or the object itself, may not own: the other one writes it. */
export function ignoredFor(subresource: string, hasStatus: boolean): FieldSet {
  if (!hasStatus) return EMPTY;
  if (subresource === 'status') {
    return nest([['f:spec'], ['f:metadata', 'f:labels'], ['f:metadata', 'f:annotations']]);
  }
  return nest([['f:status']]);
}

/**
 * managedFields after an update: the writer owns what it changed, and nobody else owns that.
 * Given ones that differ are taken as they are; `[{}]` clears all.
 */
export function updated(
  type: SchemaType,
  live: KubeObject,
  next: KubeObject,
  writer: Writer,
  ignored: FieldSet,
): KubeObject {
  const given = next.metadata.managedFields;
  const reset = Array.isArray(given) && given.length === 1 && isEmptyEntry(given[0]);
  if (reset) return withEntries(next, new Map());
  const fromRequest = writer.subresource === '' ? readEntries(given) : new Map<string, Entry>();
  const before = fromRequest.size > 0 ? fromRequest : readEntries(live.metadata.managedFields);
  const change = compare(type, bare(live), bare(next));
  const owners = new Map<string, Entry>();
  for (const [id, entry] of before) {
    const lost = union(union(change.added, change.modified), change.removed);
    const set = difference(entry.set, lost);
    if (!isEmpty(set)) owners.set(id, { ...entry, set });
  }
  const won = recursiveDifference(
    recursiveDifference(union(change.added, change.modified), UNOWNED),
    ignored,
  );
  if (!isEmpty(won)) {
    const entry = { ...writer, operation: 'Update' as const, set: won };
    const id = identity(entry);
    const mine = owners.get(id);
    owners.set(id, mine === undefined ? entry : { ...entry, set: union(mine.set, won) });
  }
  return withEntries(next, owners);
}

/** A configuration applied to the live object, with who owns what afterwards. */
export function applied(
  type: SchemaType,
  live: KubeObject,
  config: KubeObject,
  writer: Writer,
  ignored: FieldSet,
): Applied {
  const entry = { ...writer, operation: 'Apply' as const };
  const id = identity(entry);
  const before = new Map(readEntries(live.metadata.managedFields));
  const last = before.get(id);
  const wanted = recursiveDifference(
    recursiveDifference(fieldsOf(type, bare(config)), UNOWNED),
    ignored,
  );
  before.set(id, { ...entry, set: wanted });
  const merged = mergeApplied(type, bare(live), bare(config));
  const kept = [...before.values()].map(({ set }) => set);
  const pruned = last === undefined ? merged : prune(type, merged, last.set, kept);
  const object = restored(pruned, live, config);
  const change = compare(type, bare(live), bare(object));
  const conflicts: FieldConflict[] = [];
  const owners = new Map<string, Entry>();
  for (const [name, one] of before) {
    if (name === id) {
      owners.set(name, one);
      continue;
    }
    const fought = intersection(one.set, union(change.modified, change.added));
    for (const path of pathsOf(fought)) conflicts.push({ owner: one, path: pathText(path) });
    const set = difference(difference(one.set, fought), change.removed);
    if (!isEmpty(set)) owners.set(name, { ...one, set });
  }
  // Without a change of values there is no new time, and for a new owner none at all.
  if (isEmptyChange(change)) owners.set(id, { ...entry, time: last?.time, set: wanted });
  return { object: withEntries(object, owners), conflicts };
}

function isEmptyChange(change: ReturnType<typeof compare>): boolean {
  return isEmpty(change.added) && isEmpty(change.modified) && isEmpty(change.removed);
}

/** Whom a path belongs to is no part of the comparison, nor who the object is. */
function bare(object: KubeObject): Json {
  const { managedFields: _managed, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function restored(merged: Json, live: KubeObject, config: KubeObject): KubeObject {
  const object = merged as KubeObject;
  const { uid, creationTimestamp, generation, resourceVersion } = live.metadata;
  const identityOf: JsonObject = { uid, creationTimestamp, generation };
  const metadata = { ...object.metadata };
  for (const [name, value] of Object.entries(identityOf)) {
    if (value !== undefined) metadata[name] = value;
  }
  const wanted = config.metadata.resourceVersion ?? resourceVersion;
  if (wanted !== undefined) metadata.resourceVersion = wanted;
  return { ...object, metadata };
}

function withEntries(object: KubeObject, owners: Owners): KubeObject {
  const { managedFields: _managed, ...metadata } = object.metadata;
  const entries = writeEntries(owners);
  return {
    ...object,
    metadata: {
      ...metadata,
      name: object.metadata.name,
      ...(entries.length > 0 ? { managedFields: entries } : {}),
    },
  };
}

function isEmptyEntry(value: Json | undefined): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** `.spec.template.spec.containers[name="web"].image`, as messages of the API server have it. */
export function pathText(path: readonly string[]): string {
  return path
    .map((element) => {
      if (element.startsWith('f:')) return `.${element.slice(2)}`;
      if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
      const keys = JSON.parse(element.slice(2)) as Record<string, unknown>;
      const pairs = Object.entries(keys).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return `[${pairs.join(',')}]`;
    })
    .join('');
}
