import type { LiveObject, ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, type Json, objectOf, stringifyJson, stringOf } from '../core/json.ts';
import type { KubeObject, ObjectRef } from '../core/kube.ts';
import type { UndoPort } from './types.ts';
import { unreached } from './unreached.ts';

const BOUND_WITHIN_MS = 60_000;

/**
 * Binds a claim that was created again to the volume it had. The volume still names the uid of the old claim;
 * without it, and with the same claim's name, the volume controller binds the two again.
 * @throws StratusError undo_impossible when the volume is gone, taken, or not bound in time
 */
export async function rebind(
  claim: ObjectKey,
  before: KubeObject,
  port: UndoPort,
): Promise<Json[]> {
  const name = stringOf(at(before, 'spec', 'volumeName'));
  if (name === undefined) return [];
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'PersistentVolume', name };
  const key = await port.key(ref);
  const until = port.clock.monotonic() + BOUND_WITHIN_MS;
  for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
    const [volume, live] = [await port.get(key), await port.get(claim)];
    if (live === undefined) throw failed(claim, 'somebody deleted the claim again');
    if (volume === undefined) throw failed(claim, `its volume ${name} is gone`);
    const holder = objectOf(at(volume.object, 'spec', 'claimRef'));
    if (holder.namespace !== claim.namespace || holder.name !== claim.name)
      throw failed(claim, `its volume ${name} belongs to another claim now`);
    if (isBound(live, volume, holder.uid)) return [`bound to the same volume ${name}`];
    if (at(live.object, 'status', 'phase') === 'Lost')
      throw failed(claim, `it is Lost: its volume ${name} does not take it back`);
    if (holder.uid !== undefined && holder.uid !== live.uid) await release(volume, ref, port);
    if (port.clock.monotonic() > until)
      throw failed(claim, `it is not bound to its volume ${name} after a minute`);
    await port.clock.sleep(pause);
  }
}

function isBound(claim: LiveObject, volume: LiveObject, uid: Json | undefined): boolean {
  return (
    uid === claim.uid &&
    at(claim.object, 'status', 'phase') === 'Bound' &&
    at(volume.object, 'status', 'phase') === 'Bound'
  );
}

async function release(volume: LiveObject, ref: ObjectRef, port: UndoPort): Promise<void> {
  port.note(ref, 'let go of the deleted claim, so that it can be bound to the one created again');
  const outcome = await port.send(
    {
      verb: 'patch',
      key: volume.key,
      patchType: 'merge',
      body: stringifyJson({
        metadata: { resourceVersion: volume.resourceVersion },
        spec: { claimRef: { uid: null, resourceVersion: null } },
      }),
    },
    'child',
  );
  unreached(outcome);
  // Anything else than a clear no is looked at again.
  if (outcome.kind === 'rejected' && ![404, 409, 429].includes(outcome.status)) {
    throw new StratusError(
      'undo_impossible',
      `PersistentVolume/${ref.name} could not be made free for its claim: ${outcome.message}`,
      { changed: 'something' },
    );
  }
}

function failed(claim: ObjectKey, why: string): StratusError {
  return new StratusError(
    'undo_impossible',
    `PersistentVolumeClaim/${claim.namespace}/${claim.name} was created again, but ${why}.`,
    { changed: 'something' },
  );
}
