import { type Json, type JsonObject, objectOf, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { isOurManager } from '../core/managers.ts';

/**
 * managedFields after an undo where others wrote meanwhile: theirs stays as they wrote it, ours goes, and the
 * fields that ours took away from an owner are given back to it. A field that nobody owned before is nobody's again.
 */
export function mergedManagedFields(pre: KubeObject, live: KubeObject): Json[] {
  const now = objectsOf(live.metadata.managedFields);
  const before = objectsOf(pre.metadata.managedFields).filter(
    (entry) => stringOf(entry.subresource) !== 'status',
  );
  const taken = now
    .filter(isOurs)
    .reduce<JsonObject>((all, entry) => union(all, fieldsOf(entry)), {});
  const theirs = now.filter((entry) => !isOurs(entry));
  const kept = theirs.map((entry) => {
    const old = before.find((one) => sameOwner(one, entry));
    const back = old && common(fieldsOf(old), taken);
    return back === undefined ? entry : { ...entry, fieldsV1: union(fieldsOf(entry), back) };
  });
  const returned = before
    .filter((old) => !theirs.some((entry) => sameOwner(old, entry)))
    .flatMap((old) => {
      const back = common(fieldsOf(old), taken);
      return back === undefined ? [] : [{ ...old, fieldsV1: back }];
    });
  return [...kept, ...returned];
}

const isOurs = (entry: JsonObject) => isOurManager(stringOf(entry.manager) ?? '');
const fieldsOf = (entry: JsonObject) => objectOf(entry.fieldsV1);

function sameOwner(a: JsonObject, b: JsonObject): boolean {
  return (['manager', 'operation', 'subresource', 'apiVersion'] as const).every(
    (key) => a[key] === b[key],
  );
}

function union(a: JsonObject, b: JsonObject): JsonObject {
  const all: JsonObject = { ...a };
  for (const [name, value] of Object.entries(b)) {
    all[name] = name in a ? union(objectOf(a[name]), objectOf(value)) : value;
  }
  return all;
}

/** What of `fields` is in `taken` as well; an empty set owns its whole value. Undefined when that is nothing. */
function common(fields: JsonObject, taken: JsonObject): JsonObject | undefined {
  const both = Object.entries(fields).flatMap(([name, value]): [string, JsonObject][] => {
    if (!(name in taken)) return [];
    const [inner, other] = [objectOf(value), objectOf(taken[name])];
    const leaf = Object.keys(inner).length === 0 || Object.keys(other).length === 0;
    const shared = leaf ? inner : common(inner, other);
    return shared === undefined ? [] : [[name, shared]];
  });
  return both.length === 0 ? undefined : Object.fromEntries(both);
}
