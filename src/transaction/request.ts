import type { LiveObject, ObjectKey, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import {
  arrayOf,
  isObject,
  type Json,
  type JsonObject,
  objectOf,
  stringifyJson,
} from '../core/json.ts';
import { INTENT_LABEL } from '../undo/marks.ts';

import type { PlannedWrite } from './types.ts';

/**
 * The request of a planned write, with the preconditions that make it apply to exactly the object that was read.
 * Pure.
 * @param base the fresh read; undefined for an object that isn't there
 * @param propagationPolicy of a delete: Orphan where there are dependents to keep
 */
export function requestOf(
  write: PlannedWrite,
  key: ObjectKey,
  base: LiveObject | undefined,
  intentId: string,
  propagationPolicy: 'Orphan' | 'Background' = 'Background',
): WriteRequest {
  if (write.verb === 'create' || (write.verb === 'apply' && base === undefined)) {
    // POST and not server-side apply: an existing name must be an answer, never a merge onto a stranger's object.
    return { verb: 'create', key, body: stringifyJson(labelled(write.manifest, key, intentId)) };
  }
  if (base === undefined) throw new StratusError('internal', 'A write without its pre-image.');
  const guard = { resourceVersion: base.resourceVersion, uid: base.uid };
  if (write.verb === 'evict') {
    const { gracePeriodSeconds } = write;
    const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    return { verb: 'evict', key, preconditions: guard, ...grace };
  }
  if (write.verb === 'delete') {
    return { verb: 'delete', key, preconditions: guard, propagationPolicy };
  }
  if (write.verb === 'apply') {
    const manifest = {
      ...write.manifest,
      metadata: { ...objectOf(write.manifest.metadata), ...guard },
    };
    return { verb: 'patch', key, patchType: 'apply', body: stringifyJson(manifest) };
  }
  return {
    verb: 'patch',
    key,
    patchType: write.patchType,
    body: guardedPatch(write.patchType, write.patch, guard),
  };
}

function guardedPatch(
  type: 'json' | 'merge' | 'strategic',
  patch: Json,
  guard: { resourceVersion: string; uid: string },
): string {
  if (type === 'json') {
    if (!Array.isArray(patch))
      throw new StratusError('invalid_arguments', 'A JSON patch is an array of operations.');
    // Last, so that no operation before it can take the precondition away.
    const precondition = {
      op: 'add',
      path: '/metadata/resourceVersion',
      value: guard.resourceVersion,
    };
    return stringifyJson([...arrayOf(patch), precondition]);
  }
  if (!isObject(patch))
    throw new StratusError('invalid_arguments', `A ${type} patch is an object.`);
  const metadata = objectOf(patch.metadata);
  return stringifyJson({
    ...patch,
    metadata: { ...metadata, resourceVersion: guard.resourceVersion },
  });
}

/** Our mark tells a create that landed unseen from a stranger's object of the same name. */
function labelled(manifest: JsonObject, key: ObjectKey, intentId: string): JsonObject {
  const metadata = objectOf(manifest.metadata);
  const labels = { ...objectOf(metadata.labels), [INTENT_LABEL]: intentId };
  return {
    ...manifest,
    metadata: {
      ...metadata,
      ...(key.namespace === undefined ? {} : { namespace: key.namespace }),
      labels,
    },
  };
}

/** A label of ours survives only inside a transaction. */
export function unlabelRequest(live: LiveObject): WriteRequest {
  const metadata = { resourceVersion: live.resourceVersion, labels: { [INTENT_LABEL]: null } };
  return { verb: 'patch', key: live.key, patchType: 'merge', body: stringifyJson({ metadata }) };
}
