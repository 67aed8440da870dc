import { arrayOf, type JsonObject, objectsOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { KINDS } from '../kinds.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import type { Controller } from './loop.ts';

/**
 * The garbage collector: takes away what hangs on owners that are gone, and does what the finalizers
 * `orphan` and `foregroundDeletion` of an owner ask for. Keys are uids of owners.
 */
export function garbageController(client: Client): Controller {
  const { store } = client.machine;
  const all = () => KINDS.flatMap((kind) => store.list(kind));
  const dependentsOf = (uid: string) => all().filter((it) => refersTo(it, uid));
  const byUid = (uid: string) => all().find((it) => it.metadata.uid === uid);
  return {
    concerns({ type, object }: Change) {
      const owners = objectsOf(object.metadata.ownerReferences).map((it) => String(it.uid));
      const self = object.metadata.uid ?? '';
      const isEnding = type === 'DELETED' || object.metadata.deletionTimestamp !== undefined;
      return isEnding ? [self, ...owners] : owners;
    },
    reconcile(uid) {
      const owner = byUid(uid);
      const dependents = dependentsOf(uid);
      if (owner === undefined) {
        for (const dependent of dependents) collect(client, dependent, byUid);
        return undefined;
      }
      if (owner.metadata.deletionTimestamp === undefined) return undefined;
      const finalizers = arrayOf(owner.metadata.finalizers);
      if (finalizers.includes('orphan')) {
        for (const dependent of dependents) setFree(client, dependent, uid);
        finish(client, owner, 'orphan');
      } else if (finalizers.includes('foregroundDeletion')) {
        const blocking = dependents.filter((it) => blocks(it, uid));
        for (const dependent of blocking) {
          if (dependent.metadata.deletionTimestamp === undefined) {
            client.remove(dependent, 'Foreground');
          }
        }
        if (blocking.length === 0) finish(client, owner, 'foregroundDeletion');
      }
      return undefined;
    },
  };
}

function refersTo({ metadata }: KubeObject, uid: string): boolean {
  return objectsOf(metadata.ownerReferences).some((it) => it.uid === uid);
}

function blocks({ metadata }: KubeObject, uid: string): boolean {
  return objectsOf(metadata.ownerReferences).some(
    (it) => it.uid === uid && it.blockOwnerDeletion === true,
  );
}

/** Deletes a dependent of which no owner is left; of others the reference to this one goes. */
function collect(
  client: Client,
  dependent: KubeObject,
  byUid: (uid: string) => KubeObject | undefined,
): void {
  if (dependent.metadata.deletionTimestamp !== undefined) return;
  const owners = objectsOf(dependent.metadata.ownerReferences);
  const left = owners.filter((it) => {
    const owner = byUid(String(it.uid));
    return owner !== undefined && owner.kind === it.kind && owner.metadata.name === it.name;
  });
  if (left.length === 0) client.remove(dependent, 'Background');
  else if (left.length < owners.length) writeOwners(client, dependent, left);
}

function setFree(client: Client, dependent: KubeObject, uid: string): void {
  const left = objectsOf(dependent.metadata.ownerReferences).filter((it) => it.uid !== uid);
  writeOwners(client, dependent, left);
}

function writeOwners(client: Client, object: KubeObject, owners: JsonObject[]): void {
  client.update({ ...object, metadata: { ...object.metadata, ownerReferences: owners } });
}

function finish(client: Client, owner: KubeObject, finalizer: string): void {
  const finalizers = arrayOf(owner.metadata.finalizers).filter((it) => it !== finalizer);
  client.update({ ...owner, metadata: { ...owner.metadata, finalizers } });
}
