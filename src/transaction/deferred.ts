import type { LiveObject, ObjectKey, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { equalJson, parseJson, stringifyJson } from '../core/json.ts';
import { isKubeObject, type KubeObject } from '../core/kube.ts';
import { COMMAND_MANAGER } from '../core/managers.ts';
import { redactText } from '../core/redact.ts';
import type { StepRow } from '../journal/types.ts';
import { normalise } from '../undo/normalise.ts';
import { optionsOf } from '../undo/restore.ts';
import { contentsImage, contentsOf } from './contents.ts';
import { IN_FLIGHT_MS } from './fence.ts';
import type { EngineParts } from './parts.ts';
import { refOfStep } from './refs.ts';
import { epochOver } from './session.ts';
import type { UndoReport } from './types.ts';
import { keyOfStep, type TakeBackRequest, UNDOABLE } from './undo-port.ts';
import { askAbout } from './unreadable.ts';

const ATTEMPTS = 8;

/** True for a write that was put off until the commit and was not made: nothing of it is in the cluster. */
export function isUnsent({ deferred }: StepRow): boolean {
  return deferred === 'WAITING' || deferred === 'REFUSED';
}

/** True for a write that was made after the commit, and that nothing brings back. */
export function isForGood(step: StepRow): boolean {
  return step.deferred === 'DONE' && step.class === 'irreversible';
}

/** Its stand-in is taken back by a step of its own. */
export function noteUnsent(
  parts: EngineParts,
  { transaction, epoch }: TakeBackRequest,
  step: StepRow,
): UndoReport['objects'][number] {
  const store = parts.journal.transactions;
  if (!store.moveStep(transaction, step.seq, UNDOABLE, 'UNDONE', epoch))
    throw epochOver(transaction);
  const how = 'it waited for the commit, and was never done';
  return { object: refOfStep(step), state: 'UNDONE', how, residual: [], conflicts: [] };
}

/**
 * Does what was put off until the commit was decided, on exactly the object that was approved. Idempotent: what is
 * gone is done, whether by us before a crash or by somebody else.
 * @returns why it was refused for good, or can't be known to be done; undefined when it is done
 * @throws StratusError when the cluster can't be reached: it is taken up again
 */
export async function finishDeferred(
  parts: EngineParts,
  transaction: string,
  step: StepRow,
  epoch: number,
): Promise<string | undefined> {
  const { state, seq } = step;
  const store = parts.journal.transactions;
  const ended = await carryOut(parts, transaction, step);
  const isUnread = ended instanceof StratusError;
  const refused = isUnread ? ended.message : ended;
  // What can't be read may have been done by now: it goes on waiting.
  const deferred = isUnread ? 'WAITING' : refused === undefined ? 'DONE' : 'REFUSED';
  const error = refused === undefined ? null : redactText(refused, parts.policy.redaction);
  if (!store.moveStep(transaction, seq, [state], state, epoch, { deferred, error }))
    throw epochOver(transaction);
  parts.journal.audit.append({
    kind: 'step',
    transaction,
    ...(step.namespace === null ? {} : { namespace: step.namespace }),
    object: `${step.kind}/${step.name}`,
    outcome: `DEFERRED_${deferred}`,
    detail: { how: error ?? 'done after the commit, as approved' },
  });
  return error ?? undefined;
}

async function carryOut(
  parts: EngineParts,
  transaction: string,
  step: StepRow,
): Promise<string | StratusError | undefined> {
  const key = await keyOfStep(parts, step);
  const approved = imageOf(parts, transaction, step, 'pre');
  if (approved === undefined) return 'The journal has no image of what was approved.';
  let unclear: string | undefined;
  // One round more, which only looks: nothing of the others may be on its way when it is called not done.
  for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
    if (attempt === ATTEMPTS) {
      if (unclear === undefined) break;
      await parts.clock.sleep(IN_FLIGHT_MS);
    }
    const live = await askAbout(parts, key, () => parts.reader.get(key));
    if (live instanceof StratusError) {
      unclear = live.message;
      if (attempt === ATTEMPTS) return live;
      await parts.clock.sleep(50 * 2 ** attempt);
      continue;
    }
    if (live === undefined || live.uid !== step.uid) return undefined;
    const request = requestOf(
      step,
      key,
      live,
      approved,
      imageOf(parts, transaction, step, 'predicted'),
    );
    if (request === undefined) return undefined;
    const changed = await changeSince(parts, transaction, step, key, live, approved);
    if (changed !== undefined) return changed;
    if (attempt === ATTEMPTS) return `The API server gave no clear answer: ${unclear}`;
    const outcome = await parts.writer.send(request, {
      auditId: attempt === 0 ? step.intentId : `${step.intentId}-${attempt}`,
      fieldManager: COMMAND_MANAGER,
      purpose: 'finalise',
    });
    // The next read tells: of a delete that the server has begun nothing is left to do.
    if (outcome.kind === 'applied') continue;
    if (outcome.kind === 'rejected' && ![0, 404, 409, 429].includes(outcome.status)) {
      return `${outcome.status} ${outcome.reason}: ${outcome.message}`;
    }
    if (outcome.kind === 'ambiguous') unclear = outcome.message;
    await parts.clock.sleep(50 * 2 ** attempt);
  }
  throw new StratusError(
    'cluster_unreachable',
    `${step.kind}/${step.name} was to go after the commit, and could not be reached yet.`,
    { changed: 'something' },
  );
}

/** What is left to be sent; undefined when nothing is. */
function requestOf(
  step: StepRow,
  key: ObjectKey,
  live: LiveObject,
  approved: KubeObject,
  predicted: KubeObject | undefined,
): WriteRequest | undefined {
  const { uid, resourceVersion } = live;
  const { metadata } = live.object;
  if (step.verb === 'delete') {
    if (metadata.deletionTimestamp !== undefined) return undefined;
    const preconditions = { uid, resourceVersion };
    return { verb: 'delete', key, preconditions, propagationPolicy: 'Background' };
  }
  const [before, after, now] = [approved, predicted, live.object].map(finalizersOf);
  const gone = (before ?? []).filter((one) => !after?.includes(one));
  const finalizers = (now ?? []).filter((one) => !gone.includes(one));
  if (finalizers.length === now?.length) return undefined;
  const body = stringifyJson({ metadata: { uid, resourceVersion, finalizers } });
  return { verb: 'patch', key, patchType: 'merge', body };
}

export function finalizersOf(object: KubeObject | undefined): string[] {
  const finalizers = object?.metadata.finalizers;
  return Array.isArray(finalizers)
    ? finalizers.flatMap((one) => (typeof one === 'string' ? one : []))
    : [];
}

/** What was approved is what is deleted, and nothing else. */
async function changeSince(
  parts: EngineParts,
  transaction: string,
  step: StepRow,
  key: ObjectKey,
  live: LiveObject,
  approved: KubeObject,
): Promise<string | undefined> {
  const [was, is] = [approved, live.object].map((one) => comparable(one, key));
  if (step.verb === 'delete' && !equalJson(was ?? null, is ?? null)) {
    return `${step.kind}/${step.name} was changed after it had been approved, so it was not deleted.`;
  }
  const contents = parts.journal.transactions.image(transaction, step.seq, 'request');
  if (contents === undefined || step.kind !== 'Namespace') return undefined;
  const known = contents.toString('utf8');
  const now = await contentsOf(parts, step.name);
  const fresh = now.filter((one) => !known.includes(`"${one.object.metadata.uid}"`));
  if (fresh.length === 0 || contentsImage(now).equals(contents)) return undefined;
  const names = fresh.slice(0, 5).map(({ name }) => name);
  return `${names.join(', ')} came to Namespace/${step.name} after it had been approved, so it was not deleted.`;
}

function comparable(object: KubeObject, key: ObjectKey) {
  const { finalizers: _finalizers, ...metadata } = normalise(object, optionsOf(key)).metadata;
  const { status: _status, ...rest } = normalise(object, { ...optionsOf(key), hasStatus: true });
  return { ...rest, metadata };
}

function imageOf(
  parts: EngineParts,
  transaction: string,
  step: StepRow,
  name: 'pre' | 'predicted',
): KubeObject | undefined {
  const bytes = parts.journal.transactions.image(transaction, step.seq, name);
  const object = bytes && bytes.length > 0 ? parseJson(bytes.toString('utf8')) : undefined;
  return isKubeObject(object) ? object : undefined;
}
