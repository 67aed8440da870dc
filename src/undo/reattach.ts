import type { LiveObject } from '../cluster/types.ts';
import {
  equalJson,
  isObject,
  type Json,
  objectsOf,
  parseJson,
  stringifyJson,
  stringOf,
} from '../core/json.ts';
import { controllerOf, describeRef, type KubeObject } from '../core/kube.ts';
import { isOurManager } from '../core/managers.ts';
import { awaitAdoption, isAdopted } from './adoption.ts';
import { groupKind } from './group-kind.ts';
import type { Child, UndoGroup, UndoPort } from './types.ts';
import { unreached } from './unreached.ts';

const ATTEMPTS = 8;

/**
 * Gives an object that was created again its children back: the delete orphaned them, and nobody but the
 * controller of a workload would ever adopt them. What that adopts is waited for.
 * @returns what could not be given back
 */
export async function reattach(
  { key }: UndoGroup,
  before: KubeObject,
  owner: LiveObject,
  port: UndoPort,
): Promise<Json[]> {
  const { apiVersion, kind } = key.resource;
  const id = groupKind(apiVersion, kind);
  const notes: Json[] = [];
  const adopted: Child[] = [];
  for (const child of port.childrenOf(before.metadata.uid ?? '')) {
    if (isAdopted(child, id)) {
      adopted.push(child);
      continue;
    }
    const why = await giveBack(child, owner, port);
    if (why !== undefined) notes.push(`No longer owned by it: ${describeRef(child.ref)} (${why}).`);
  }
  return [...notes, ...(await awaitAdoption(adopted, owner.uid, port))];
}

/** @returns why not; undefined when the child names its owner again, or is not there to do so */
async function giveBack(
  child: Child,
  owner: LiveObject,
  port: UndoPort,
): Promise<string | undefined> {
  const key = await port.key(child.ref);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const live = await port.get(key);
    // Another object of that name was never its child.
    if (live === undefined || live.uid !== child.uid) return undefined;
    if (live.object.metadata.deletionTimestamp !== undefined) return 'it is being deleted';
    const owners = objectsOf(live.object.metadata.ownerReferences);
    const isBack = owners.some(({ uid }) => uid === owner.uid);
    const fields = isBack ? ownedAsBefore(child, live.object, owner.uid) : undefined;
    if (isBack && fields === undefined) return undefined;
    if (!isBack && child.reference.controller === true && controllerOf(live.object) !== undefined)
      return 'another controller has taken it';
    const left = owners.filter(({ uid }) => uid !== child.reference.uid);
    const ownerReferences = [...left, { ...child.reference, uid: owner.uid }];
    if (!isBack)
      port.note(
        child.ref,
        `given back to ${describeRef({ kind: owner.key.resource.kind, name: owner.key.name })}`,
      );
    const { uid, resourceVersion } = live;
    const change = isBack ? { managedFields: fields ?? [] } : { ownerReferences };
    const outcome = await port.send(
      {
        verb: 'patch',
        key,
        patchType: 'merge',
        body: stringifyJson({ metadata: { uid, resourceVersion, ...change } }),
      },
      'child',
    );
    unreached(outcome);
    if (outcome.kind === 'rejected' && ![404, 409, 429].includes(outcome.status))
      return isBack ? undefined : outcome.message;
    if (outcome.kind !== 'applied') await port.clock.sleep(50 * 2 ** attempt);
  }
  return 'it kept changing';
}

/**
 * The child's managedFields with the reference under the manager that had set it, in place of ours.
 * @returns undefined when nothing of ours is in them
 */
function ownedAsBefore(child: Child, live: KubeObject, uid: string): Json[] | undefined {
  const now = objectsOf(live.metadata.managedFields);
  const theirs = now.filter(({ manager }) => !isOurManager(stringOf(manager) ?? ''));
  if (theirs.length === now.length) return undefined;
  const was = stringOf(child.reference.uid) ?? '';
  const renamed = (json: Json): Json => parseJson(stringifyJson(json).replaceAll(was, uid));
  const before = objectsOf([...child.managedFields]);
  const same = (a: Json | undefined, b: Json | undefined) => equalJson(a ?? null, b ?? null);
  const restored = theirs.map((entry) => {
    const old = before.find((one) =>
      ['manager', 'operation', 'subresource', 'apiVersion'].every((field) =>
        same(one[field], entry[field]),
      ),
    );
    if (old === undefined || !stringifyJson(old).includes(was)) return entry;
    return { ...entry, fieldsV1: renamed(old.fieldsV1 ?? {}) };
  });
  // A manager that set nothing but the reference has no entry left.
  const lost = before.filter(
    (one) =>
      stringifyJson(one).includes(was) &&
      !theirs.some((entry) =>
        ['manager', 'operation', 'apiVersion'].every((f) => same(one[f], entry[f])),
      ),
  );
  return [...restored, ...lost.map(renamed)].filter(isObject);
}
