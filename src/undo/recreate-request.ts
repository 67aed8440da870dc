import type { ObjectKey, WriteRequest } from '../cluster/types.ts';
import { StratusError } from '../core/errors.ts';
import { at, isObject, type Json, objectsOf, stringifyJson, stringOf } from '../core/json.ts';
import { describeRef, type KubeObject } from '../core/kube.ts';
import { HAS_IT, isAllocated } from '../core/taken.ts';
import type { NormaliseOptions } from './normalise.ts';
import { recreateBody } from './recreate.ts';
import type { UndoPort } from './types.ts';

/** The create that brings an object back, with the owners that are alive now. */
export async function recreateRequest(
  key: ObjectKey,
  object: KubeObject,
  port: UndoPort,
  options: NormaliseOptions,
): Promise<WriteRequest> {
  const uids = await ownersNow(object, port);
  const body = recreateBody(object, (uid) => uids.get(uid), options);
  if (key.resource.apiVersion === 'v1' && key.resource.kind === 'Pod') await freeOfNode(body, port);
  return { verb: 'create', key, body: stringifyJson(body) };
}

/** A pod goes back to its node, unless that takes no pods any more; then the scheduler chooses. */
async function freeOfNode(body: KubeObject, port: UndoPort): Promise<void> {
  const name = stringOf(at(body.spec, 'nodeName'));
  if (name === undefined || !isObject(body.spec)) return;
  const node = await port.get(await port.key({ apiVersion: 'v1', kind: 'Node', name }));
  if (node === undefined || at(node.object, 'spec', 'unschedulable') === true)
    delete body.spec.nodeName;
}

async function ownersNow(object: KubeObject, port: UndoPort): Promise<Map<string, string>> {
  const alive = new Map<string, string>();
  for (const owner of objectsOf(object.metadata.ownerReferences)) {
    const uid = stringOf(owner.uid) ?? '';
    const now = await port.ownerUid(
      {
        apiVersion: stringOf(owner.apiVersion) ?? '',
        kind: stringOf(owner.kind) ?? '',
        name: stringOf(owner.name) ?? '',
        uid,
      },
      object.metadata.namespace,
    );
    if (now !== undefined) alive.set(uid, now);
  }
  return alive;
}

/**
 * A clear no although it is answered 500: a health check port is allocated before anything is stored.
 * (A node port or cluster address that is taken is a 422.)
 */
export function isTakenCheckPort(message: string): boolean {
  return /failed to allocate requested HealthCheck NodePort \d+: .*already allocated/.test(message);
}

/**
 * Which address of a Service somebody else has by now, from the refusal of its restore. It is never numbered
 * anew silently: clients may know the address.
 * @returns undefined when the refusal says something else; `releasing` when no Service has it: the API server gives
 *   the addresses of a deleted Service free a moment after it is gone
 */
export async function takenAddress(
  object: KubeObject,
  message: string,
  port: UndoPort,
): Promise<Json[] | 'releasing' | undefined> {
  if (object.kind !== 'Service' || !isAllocated(message)) return undefined;
  let seen = true;
  let held = false;
  const others = await port.list('services').catch((error: unknown) => {
    if (!(error instanceof StratusError) || error.code !== 'forbidden') throw error;
    seen = false;
    return [];
  });
  const holderOf = (has: (other: KubeObject) => boolean) => {
    const other = others.find((one) => has(one.object))?.object;
    held ||= other !== undefined;
    return other === undefined
      ? 'another Service'
      : describeRef({ kind: 'Service', ...other.metadata });
  };
  const conflicts: Json[] = [];
  const addresses = addressesOf(object);
  for (const address of addresses) {
    if (!message.includes(address)) continue;
    const holder = holderOf((other) => addressesOf(other).includes(address));
    conflicts.push({ path: 'spec.clusterIP', before: address, note: `${holder} ${HAS_IT}` });
  }
  for (const nodePort of portsOf(object)) {
    if (!new RegExp(`\\b${nodePort}\\b`).test(message)) continue;
    const holder = holderOf((other) => portsOf(other).includes(nodePort));
    const isCheck = `${at(object, 'spec', 'healthCheckNodePort')}` === nodePort;
    const path = isCheck ? 'spec.healthCheckNodePort' : 'spec.ports.nodePort';
    conflicts.push({ path, before: nodePort, note: `${holder} ${HAS_IT}` });
  }
  if (seen && !held) return 'releasing';
  return conflicts.length > 0 ? conflicts : [message];
}

function addressesOf(service: KubeObject): string[] {
  const all = [at(service, 'spec', 'clusterIP'), at(service, 'spec', 'clusterIPs')].flat();
  return [...new Set(all.flatMap((one) => (typeof one === 'string' ? [one] : [])))].filter(
    (one) => one !== 'None' && one !== '',
  );
}

function portsOf(service: KubeObject): string[] {
  const ports = objectsOf(at(service, 'spec', 'ports')).map((one) => one.nodePort);
  return [...ports, at(service, 'spec', 'healthCheckNodePort')].flatMap((one) =>
    one === undefined || one === null || one === 0 ? [] : [`${one}`],
  );
}
