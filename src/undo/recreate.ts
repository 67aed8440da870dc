import { cloneJson, isObject, type JsonObject, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';

const SERVER_SET = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
  'managedFields',
] as const;

/**
 * The body that creates an object again after it was deleted. Same cluster, so a Service
 * keeps its addresses and ports: if somebody took them meanwhile, the server refuses and a human decides.
 * @param ownerUid maps an owner's uid to the one alive now; undefined drops the reference, because an owner
 *   that is gone gets the object garbage-collected at once
 */
export function recreateBody(
  pre: KubeObject,
  ownerUid: (uid: string) => string | undefined,
): KubeObject {
  const body = cloneJson(pre);
  const metadata: JsonObject = body.metadata;
  for (const field of SERVER_SET) delete metadata[field];
  delete body.status;
  const owners = objectsOf(metadata.ownerReferences).flatMap((owner) => {
    const uid = ownerUid(stringOf(owner.uid) ?? '');
    return uid === undefined ? [] : [{ ...owner, uid }];
  });
  if (owners.length > 0) metadata.ownerReferences = owners;
  else delete metadata.ownerReferences;
  if (
    body.apiVersion === 'v1' &&
    body.kind === 'Secret' &&
    body.type === 'kubernetes.io/service-account-token'
  ) {
    if (isObject(body.data)) {
      delete body.data.token;
      delete body.data['ca.crt'];
    }
    if (isObject(metadata.annotations))
      delete metadata.annotations['kubernetes.io/service-account.uid'];
  }
  return body;
}
