import type { LiveObject, ObjectKey, ResourceInfo, WriteRequest } from '../cluster/types.ts';
import { type ErrorCode, StratusError, toStratusError } from '../core/errors.ts';
import { objectsOf, stringOf } from '../core/json.ts';
import { isOurManager, UNDO_MANAGER } from '../core/managers.ts';
import { TERMINAL_STATES } from '../journal/states.ts';
import type { CreatePlace, IntentOwner } from '../journal/types.ts';
import { isController } from '../undo/managed-fields.ts';
import { INTENT_LABEL } from '../undo/marks.ts';
import { nameOfKey } from './answers.ts';
import type { ClusterIdentity } from './cluster-identity.ts';
import { resolveFresh } from './live.ts';
import type { EngineParts } from './parts.ts';
import { unlabelRequest } from './request.ts';
import { askAbout, unreadableOf } from './unreadable.ts';

/** How long a place where something was created is looked at before and after transactions; that of a recent one always. */
const LOOKED_AT_MS = 7 * 24 * 60 * 60 * 1_000;
const ATTEMPTS = 8;
/** How long an object that gets no clear answer is tried: the next transaction waits meanwhile. */
const PATIENCE_MS = 5_000;

/** What keeps one place from being looked at, and nothing else. */
const HIDDEN: readonly ErrorCode[] = ['forbidden', 'unknown_resource', 'cluster_error'];

/**
 * A create can't be fenced by a resourceVersion: one that was waited out may still land, when something between us
 * and the API server held it for longer. Every object we create carries the id of its intent until its transaction
 * ends, so what a late create left is found by label, and taken away. Looks only where the creates of this journal
 * were, which is nowhere for a journal without any: one list of metadata for each kind and namespace.
 */
export async function sweep(parts: EngineParts, identity: ClusterIdentity): Promise<void> {
  const since = parts.clock.now() - LOOKED_AT_MS;
  const places = parts.journal.transactions
    .createPlaces(since)
    .filter(({ cluster }) => identity.isSame(cluster));
  for (const place of places) await sweepPlace(parts, place);
}

/**
 * The same after a transaction has ended, where its own creates were, if one of them is not to stay. What fails is
 * left for the sweep before the next one.
 */
export async function sweepAfter(parts: EngineParts, transaction: string): Promise<void> {
  const gone = parts.journal.transactions
    .steps(transaction)
    .filter(({ uid, verb }) => uid === null && (verb === 'create' || verb === 'apply'))
    .filter(({ state }) => state === 'REJECTED' || state === 'UNDONE');
  const places = new Map<string, CreatePlace>();
  for (const { apiVersion, kind, namespace } of gone) {
    const place = { cluster: '', apiVersion, kind, namespace };
    places.set([apiVersion, kind, namespace].join('|'), place);
  }
  try {
    for (const place of places.values()) await sweepPlace(parts, place);
  } catch (error) {
    const { message } = toStratusError(error);
    parts.log.warn({ transaction, error: message }, 'the sweep is left for later');
  }
}

async function sweepPlace(parts: EngineParts, place: CreatePlace): Promise<void> {
  const { apiVersion, kind, namespace } = place;
  const within = namespace === null ? {} : { namespace };
  let resource: ResourceInfo | undefined;
  try {
    resource = await resolveFresh(parts.reader, (all) => all.resolveKind(apiVersion, kind));
    const { items } = await parts.reader.listAll({
      resource,
      ...within,
      labelSelector: INTENT_LABEL,
      metadataOnly: true,
    });
    for (const { metadata } of items) {
      const key = { resource, name: metadata.name, ...within };
      await settle(parts, key, metadata.labels?.[INTENT_LABEL] ?? '');
    }
  } catch (thrown) {
    const error = toStratusError(thrown);
    // A list may wait for a conversion webhook that never answers: that is about this place alone as well.
    const any = resource && { resource, name: 'any', ...within };
    const isHidden =
      HIDDEN.includes(error.code) || (any && (await unreadableOf(parts, any, error))) !== undefined;
    if (!isHidden) throw error;
    parts.log.warn({ kind, namespace, error: error.message }, 'could not be swept');
  }
}

/** Decides about one object with our label. What is not certainly ours and unwanted stays. */
async function settle(parts: EngineParts, key: ObjectKey, intentId: string): Promise<void> {
  const owner = parts.journal.transactions.ownerOf(intentId);
  if (owner === undefined) {
    // Another journal's, which may have its transaction open just now.
    parts.log.warn(
      { object: nameOfKey(key), intent: intentId },
      'a mark that this journal has not made',
    );
    return;
  }
  if (!TERMINAL_STATES.includes(owner.ended)) return;
  const unwanted = owner.state === 'REJECTED' || owner.state === 'UNDONE';
  const until = parts.clock.monotonic() + PATIENCE_MS;
  let unclear: string | undefined;
  for (let attempt = 0; ; attempt++) {
    const live = await askAbout(parts, key, () => parts.reader.get(key));
    if (live instanceof StratusError) {
      const object = nameOfKey(key);
      parts.log.warn({ object, error: live.message }, 'is left for the next sweep');
      return;
    }
    if (live === undefined || live.object.metadata.labels?.[INTENT_LABEL] !== intentId) return;
    if (live.object.metadata.deletionTimestamp !== undefined) return;
    const isOver = unclear !== undefined && parts.clock.monotonic() >= until;
    if (isOver || attempt === ATTEMPTS) break;
    // Somebody made it theirs, or a person kept it, although who only took fields away leaves no trace: then only our
    // mark goes. What arrived late is another object than the one that was taken back.
    const remove = unwanted && live.uid !== owner.uid && onlyOurs(live);
    if (attempt === 0) note(parts, key, owner, remove);
    const outcome = await parts.writer.send(remove ? removal(live) : unlabelRequest(live), {
      auditId: `${intentId}-sweep`,
      fieldManager: UNDO_MANAGER,
      purpose: 'sweep',
    });
    if (outcome.kind === 'applied') return;
    if (outcome.kind === 'rejected' && ![0, 404, 409, 429].includes(outcome.status)) {
      const text = `${nameOfKey(key)} could not be swept: ${outcome.message}`;
      throw new StratusError('forbidden', text);
    }
    unclear = outcome.kind === 'ambiguous' ? outcome.message : undefined;
    await parts.clock.sleep(50 * 2 ** attempt);
  }
  if (unclear !== undefined) {
    // The read was answered, so this is about the write of this object: an admission webhook that is down.
    const object = nameOfKey(key);
    parts.log.warn({ object, error: unclear }, 'is left for the next sweep');
    return;
  }
  throw new StratusError('cluster_unreachable', `${nameOfKey(key)} could not be swept yet.`);
}

function removal(live: LiveObject): WriteRequest {
  const { key, uid, resourceVersion } = live;
  const preconditions = { uid, resourceVersion };
  return { verb: 'delete', key, preconditions, propagationPolicy: 'Background' };
}

function onlyOurs({ object }: LiveObject): boolean {
  return objectsOf(object.metadata.managedFields).every(({ manager, operation }) => {
    const name = stringOf(manager) ?? '';
    const owner = {
      manager: name,
      operation: stringOf(operation) ?? '',
      subresource: undefined,
      time: undefined,
    };
    return isOurManager(name) || isController(owner);
  });
}

function note(parts: EngineParts, key: ObjectKey, owner: IntentOwner, remove: boolean): void {
  const how = remove
    ? 'deleted: its create arrived after it had been taken back'
    : 'our label was taken off';
  parts.journal.audit.append({
    kind: 'recovery',
    transaction: owner.transaction,
    ...(key.namespace === undefined ? {} : { namespace: key.namespace }),
    object: `${key.resource.kind}/${key.name}`,
    outcome: 'SWEPT',
    detail: { how, step: owner.state },
  });
}
