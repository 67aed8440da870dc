import { arrayOf, type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube.ts';
import { parseQuantity } from '../../core/quantity.ts';
import type { Change } from '../store.ts';
import type { Client } from './client.ts';
import type { Controller } from './loop.ts';
import { isDeleting, specOf } from './pods.ts';

/** Binds claims to volumes, and lets go of both when they are deleted and unused. */
export function volumeController(client: Client): Controller {
  const all = 'all';
  return {
    concerns: ({ kind, type }: Change) =>
      ['PersistentVolume', 'PersistentVolumeClaim'].includes(kind.kind) ||
      (kind.kind === 'Pod' && type === 'DELETED')
        ? [all]
        : [],
    reconcile() {
      for (const claim of client.list('PersistentVolumeClaim')) {
        if (isDeleting(claim)) releaseClaim(client, claim);
        else if (objectOf(claim.status).phase !== 'Bound') bind(client, claim);
      }
      for (const volume of client.list('PersistentVolume')) settle(client, volume);
      return undefined;
    },
  };
}

function refersTo(volume: KubeObject, claim: KubeObject): boolean {
  const reference = objectOf(specOf(volume).claimRef);
  const { name, namespace, uid } = claim.metadata;
  const same = reference.name === name && reference.namespace === namespace;
  return same && (reference.uid === undefined || reference.uid === uid);
}

function bind(client: Client, claim: KubeObject): void {
  const volume = volumeFor(client, claim);
  if (volume === undefined) {
    const { storageClassName } = specOf(claim);
    const reason = storageClassName ? 'ProvisioningFailed' : 'FailedBinding';
    const message = storageClassName
      ? `storageclass.storage.k8s.io "${String(storageClassName)}" not found`
      : 'no persistent volumes available for this claim and no storage class is set';
    if (specOf(claim).volumeName === undefined) {
      client.event(claim, { type: storageClassName ? 'Warning' : 'Normal', reason, message });
    }
    return;
  }
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const claimRef = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    name,
    namespace,
    uid,
    resourceVersion,
  };
  const bound = client.update({ ...volume, spec: { ...specOf(volume), claimRef } });
  client.updateStatus(bound, { ...objectOf(bound.status), phase: 'Bound' });
  const annotations = {
    ...claim.metadata.annotations,
    'pv.kubernetes.io/bind-completed': 'yes',
    ...(specOf(claim).volumeName === undefined
      ? { 'pv.kubernetes.io/bound-by-controller': 'yes' }
      : {}),
  };
  const next = client.update({
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: { ...specOf(claim), volumeName: volume.metadata.name },
  });
  client.updateStatus(next, {
    phase: 'Bound',
    accessModes: specOf(volume).accessModes,
    capacity: specOf(volume).capacity,
  });
}

/** The volume that a claim names, that names the claim, or that is free and large enough. */
function volumeFor(client: Client, claim: KubeObject): KubeObject | undefined {
  const spec = specOf(claim);
  const volumes = client.list('PersistentVolume').filter((it) => !isDeleting(it));
  const isFree = (it: KubeObject) => specOf(it).claimRef === undefined || refersTo(it, claim);
  if (spec.volumeName !== undefined) {
    return volumes.find((it) => it.metadata.name === spec.volumeName && isFree(it));
  }
  const wanted = sizeOf(objectOf(objectOf(spec.resources).requests));
  const fits = volumes.filter((it) => {
    const one = specOf(it);
    const modes = arrayOf(one.accessModes);
    return (
      isFree(it) &&
      (one.storageClassName ?? '') === (spec.storageClassName ?? '') &&
      arrayOf(spec.accessModes).every((mode) => modes.includes(mode)) &&
      sizeOf(objectOf(one.capacity)) >= wanted
    );
  });
  return (
    fits.find((it) => refersTo(it, claim)) ??
    fits.sort((a, b) =>
      sizeOf(objectOf(specOf(a).capacity)) < sizeOf(objectOf(specOf(b).capacity)) ? -1 : 1,
    )[0]
  );
}

function sizeOf(resources: JsonObject): bigint {
  return parseQuantity(String(resources.storage ?? '0')) ?? 0n;
}

/**
 * A claim stays while a pod on a node names it, even one that is finished. What has no node yet doesn't hold it:
 * no pod is started with a claim that is being deleted.
 */
function releaseClaim(client: Client, claim: KubeObject): void {
  const { name, namespace } = claim.metadata;
  const used = client
    .list('Pod', namespace)
    .some(
      (pod) =>
        Boolean(specOf(pod).nodeName) &&
        objectsOf(specOf(pod).volumes).some(
          (it) => objectOf(it.persistentVolumeClaim).claimName === name,
        ),
    );
  if (!used) dropFinalizer(client, claim, 'kubernetes.io/pvc-protection');
}

/** Available, Released when its claim is gone; deleted only when nothing is bound to it. */
function settle(client: Client, volume: KubeObject): void {
  const reference = specOf(volume).claimRef;
  const status = objectOf(volume.status);
  const { name, namespace, uid } = objectOf(reference);
  const claim =
    reference === undefined
      ? undefined
      : client.get('PersistentVolumeClaim', stringOf(namespace), stringOf(name) ?? '');
  const lost = uid !== undefined && claim?.metadata.uid !== uid;
  const phase = lost ? 'Released' : uid === undefined ? 'Available' : stringOf(status.phase);
  if (isDeleting(volume) && phase !== 'Bound') {
    dropFinalizer(client, volume, 'kubernetes.io/pv-protection');
    return;
  }
  if (lost && specOf(volume).persistentVolumeReclaimPolicy === 'Delete') {
    client.remove(volume);
    return;
  }
  if (phase !== undefined && phase !== status.phase)
    client.updateStatus(volume, { ...status, phase });
}

function dropFinalizer(client: Client, object: KubeObject, name: string): void {
  const all = arrayOf(object.metadata.finalizers);
  if (!all.includes(name)) return;
  const finalizers = all.filter((it) => it !== name);
  client.update({ ...object, metadata: { ...object.metadata, finalizers } });
}
