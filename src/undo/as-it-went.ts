import type { ObjectKey } from '../cluster/types.ts';
import { equalJson } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { type NormaliseOptions, normalise } from './normalise.ts';
import type { UndoPort, UndoStep } from './types.ts';

/**
 * A delete with Orphan leaves the object in place, terminating, until the garbage collector has let its dependents
 * go. Meanwhile the API server still takes edits of it, acknowledges them, and they would go with it.
 * @param pre as it was when we deleted it, without finalizers of others
 * @param last the same object as it was when it went
 * @returns `pre` with what others wrote in between; undefined where nobody did
 */
export function asItWent(
  pre: KubeObject,
  last: KubeObject,
  options: NormaliseOptions,
): KubeObject | undefined {
  const {
    deletionTimestamp: _when,
    deletionGracePeriodSeconds: _grace,
    finalizers: _orphan,
    ...metadata
  } = last.metadata;
  const went: KubeObject = { ...last, metadata };
  if (options.hasStatus) {
    // What controllers make of it is of the deletion.
    delete went.status;
    if (pre.status !== undefined) went.status = pre.status;
  }
  const [was, is] = [pre, went].map((one) => normalise(one, options));
  return equalJson(was ?? null, is ?? null) ? undefined : went;
}

/**
 * The steps, with the last state of a deleted workload that a lost answer or a crash kept from the journal. Only
 * workloads are always deleted with Orphan, and only they may be watched by the roles that we ship.
 * @returns undefined where nothing has to be added
 */
export async function withUnseenLast(
  steps: readonly UndoStep[],
  key: ObjectKey,
  port: UndoPort,
): Promise<readonly UndoStep[] | undefined> {
  const [deleted, ...more] = steps.filter(({ verb }) => verb === 'delete');
  if (deleted === undefined || more.length > 0 || key.resource.group !== 'apps') return undefined;
  if (deleted.lastSeen) return undefined;
  const pre = await port.lastState(deleted);
  if (pre === undefined) return undefined;
  return steps.map((step) => (step === deleted ? { ...step, pre, lastSeen: true } : step));
}
