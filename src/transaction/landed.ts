import type { WriteOutcome } from '../cluster/types.ts';
import { equalJson, type Json, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { isCommandManager } from '../core/managers.ts';
import { INTENT_LABEL } from '../undo/marks.ts';
import { normalise } from '../undo/normalise.ts';
import { optionsOf } from '../undo/restore.ts';

import type { CompiledWrite } from './compile.ts';
import type { EngineParts } from './parts.ts';

/**
 * Whether a refused write may have been made all the same: a load balancer that repeats a request gives the answer
 * of the repetition, which is refused because the first delivery was done (404, 409, 422) or for reasons of its own
 * (429, or 401 and 403 when credentials have just run out).
 */
export async function mayHaveLanded(
  parts: EngineParts,
  compiled: CompiledWrite,
  outcome: Extract<WriteOutcome, { kind: 'rejected' }>,
): Promise<boolean> {
  // Never sent.
  if (outcome.status === 0) return false;
  const { base, key, predicted, intentId } = compiled;
  const live = (await parts.reader.get(key))?.object;
  if (compiled.write.verb === 'delete') {
    return live === undefined || live.metadata.deletionTimestamp !== undefined;
  }
  if (live === undefined) return false;
  if (base === undefined) return live.metadata.labels?.[INTENT_LABEL] === intentId;
  if (live.metadata.uid !== base.uid || predicted === undefined) return false;
  const ours = ownedByUs(live);
  if (!equalJson(ours, ownedByUs(predicted))) return false;
  const options = optionsOf(key);
  return (
    !equalJson(ours, ownedByUs(base.object)) ||
    equalJson(normalise(live, options), normalise(predicted, options))
  );
}

function ownedByUs(object: KubeObject): Json[] {
  return objectsOf(object.metadata.managedFields)
    .filter((entry) => isCommandManager(stringOf(entry.manager) ?? ''))
    .map(({ fieldsV1 }) => fieldsV1 ?? null);
}
