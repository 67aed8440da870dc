import { at, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import type { Snapshot } from './types.ts';

/**
 * The snapshot as if the objects with these uids were gone already, with what the garbage collector
 * removes after them (all owners gone) and the endpoints that lead to any of them. A workload is
 * deleted by orphaning, so that it can be brought back: its pods serve on until the commit removes
 * them, and the gate has to judge the state without them.
 */
export function withoutAbsent(snapshot: Snapshot, absent: readonly string[] = []): Snapshot {
  if (absent.length === 0) return snapshot;
  const gone = withDependents(snapshot, new Set(absent));
  const objects: Record<string, readonly KubeObject[]> = {};
  for (const [list, items] of Object.entries(snapshot.objects)) {
    objects[list] = items.filter((it) => !isGone(it, gone)).map((it) => withoutEndpoints(it, gone));
  }
  return { ...snapshot, objects };
}

/** Owner chains are two or three long; each round adds one level. */
function withDependents(snapshot: Snapshot, absent: ReadonlySet<string>): ReadonlySet<string> {
  const all = Object.values(snapshot.objects).flat();
  const gone = new Set(absent);
  for (let before = -1; gone.size > before; ) {
    before = gone.size;
    for (const object of all) {
      const owners = objectsOf(object.metadata.ownerReferences);
      const isDependent =
        owners.length > 0 && owners.every((it) => gone.has(stringOf(it.uid) ?? ''));
      if (isDependent && object.metadata.uid !== undefined) gone.add(object.metadata.uid);
    }
  }
  return gone;
}

function isGone(object: KubeObject, gone: ReadonlySet<string>): boolean {
  return object.metadata.uid !== undefined && gone.has(object.metadata.uid);
}

function withoutEndpoints(object: KubeObject, gone: ReadonlySet<string>): KubeObject {
  if (object.kind !== 'EndpointSlice') return object;
  const endpoints = objectsOf(object.endpoints);
  const left = endpoints.filter((it) => !gone.has(stringOf(at(it, 'targetRef', 'uid')) ?? ''));
  return left.length === endpoints.length ? object : { ...object, endpoints: left };
}
