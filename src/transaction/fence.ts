import type { LiveObject, ObjectKey } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { stringifyJson } from '../core/json.ts';
import { UNDO_MANAGER } from '../core/managers.ts';
import type { StepRow } from '../journal/types.ts';
import { FENCE_LABEL } from '../undo/marks.ts';
import { unreached } from '../undo/unreached.ts';
import { nameOfKey, refusal } from './answers.ts';
import type { EngineParts } from './parts.ts';
import { epochOver } from './session.ts';

/** The API server may go on with a mutation for 34 s after it was sent; some margin on top. */
export const IN_FLIGHT_MS = 36_000;
const ATTEMPTS = 8;

/** True for a step of which it was never found out whether it happened: its write may still be on its way. */
export function isUnresolved({ state }: StepRow): boolean {
  return state === 'INTENT' || state === 'UNKNOWN';
}

/**
 * Makes sure that no write of ours is still on its way: "a read says it did not happen" is no
 * proof. A metadata patch conditioned on the old resourceVersion makes a late write fail for good; if the version
 * moved already, ours has either landed or lost. A create has no version to condition on and is waited out.
 * @param patienceMs after so long an answer that is not clear is the last; the others wait meanwhile
 * @returns false when the step certainly never happened; it is then journaled as REJECTED
 * @throws StratusError outcome_unknown when no clear answer was to be had; the signal's reason when it ends the wait
 *   for a create, which is then as open as before
 */
export async function fence(
  parts: EngineParts,
  request: { transaction: string; epoch: number; signal?: AbortSignal },
  step: StepRow,
  key: ObjectKey,
  patienceMs: number,
): Promise<boolean> {
  if (!isUnresolved(step)) return true;
  const happened =
    step.uid === null
      ? await awaitCreate(parts, key, request.signal)
      : await fenceExisting(parts, request.epoch, step, key, patienceMs);
  if (happened) return true;
  const landed = parts.journal.transactions.moveStep(
    request.transaction,
    step.seq,
    ['INTENT', 'UNKNOWN'],
    'REJECTED',
    request.epoch,
    { error: 'never reached the object (checked after a crash or a lost answer)' },
  );
  if (!landed) throw epochOver(request.transaction);
  return false;
}

/** @returns whether the write may have happened; the three-way undo is right in both cases */
async function fenceExisting(
  parts: EngineParts,
  epoch: number,
  step: StepRow,
  key: ObjectKey,
  patienceMs: number,
): Promise<boolean> {
  const until = parts.clock.monotonic() + patienceMs;
  let said = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const live = await parts.reader.get(key);
    if (live === undefined) return true;
    if (live.uid !== step.uid) return true;
    if (live.resourceVersion !== step.baseResourceVersion && !isHalfEvicted(step, live))
      return true;
    const outcome = await parts.writer.send(
      {
        verb: 'patch',
        key,
        patchType: 'merge',
        body: stringifyJson({
          metadata: {
            resourceVersion: live.resourceVersion,
            labels: { [FENCE_LABEL]: `${epoch}` },
          },
        }),
      },
      { auditId: `${step.intentId}-fence`, fieldManager: UNDO_MANAGER, purpose: 'fence' },
    );
    // The mark is taken off again by the restore, so the step goes through it like one that happened.
    if (outcome.kind === 'applied') return true;
    unreached(outcome);
    // 404: it went between the read and the fence, perhaps by our own write. The next read tells, as after a 409.
    if (outcome.kind === 'rejected' && ![404, 409, 429].includes(outcome.status)) {
      throw refusal(key, outcome, 'undo_impossible', 'The fence', parts.policy.redaction);
    }
    if (outcome.kind === 'ambiguous') {
      said = ` ${outcome.message}`;
      if (parts.clock.monotonic() >= until) break;
    }
    await parts.clock.sleep(50 * 2 ** attempt);
  }
  throw new StratusError(
    'outcome_unknown',
    `It could not be found out whether the change of ${nameOfKey(key)} happened.${said}`,
    {
      changed: 'unknown',
    },
  );
}

/**
 * An eviction first writes a condition to the pod and then deletes it on the version that this made: as long as the
 * pod isn't terminating a moved version is no proof, and only a newer one keeps the rest from being done.
 */
function isHalfEvicted(step: StepRow, live: LiveObject): boolean {
  return step.verb === 'evict' && live.object.metadata.deletionTimestamp === undefined;
}

/**
 * A create that may be in flight: it is there, or it is not there after the time in which it could still land.
 * Waited out from now on the monotonic clock, however long ago the journal says that it was sent: between two
 * processes only the wall clock tells the time, and that may have been put forward meanwhile.
 */
async function awaitCreate(
  parts: EngineParts,
  key: ObjectKey,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const until = parts.clock.monotonic() + IN_FLIGHT_MS;
  for (;;) {
    const left = until - parts.clock.monotonic();
    if ((await parts.reader.get(key)) !== undefined) return true;
    if (left <= 0) return false;
    await parts.clock.sleep(Math.min(left, 500), signal);
  }
}
