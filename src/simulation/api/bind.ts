import { type JsonObject, objectOf, objectsOf, stringOf } from '../../core/json.ts';
import { conflict, notFound } from './error.ts';
import type { Machine } from './machine.ts';
import type { Target } from './types.ts';

/** POST of a Binding: gives a pod its node. @throws ApiError. */
export function bindPod(
  machine: Machine,
  target: Target,
  body: JsonObject,
  dryRun: boolean,
): JsonObject {
  const { kind, namespace, name } = target;
  const pod = machine.store.get(kind, namespace, name);
  if (pod === undefined) throw notFound(kind, name);
  const spec = objectOf(pod.spec);
  if (spec.nodeName) {
    const why = `pod ${name} is already assigned to node "${String(spec.nodeName)}"`;
    throw conflict(kind, name, why);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw conflict(kind, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const node = stringOf(objectOf(body.target).name) ?? '';
  const status = objectOf(pod.status);
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: machine.timestamp(),
    observedGeneration: pod.metadata.generation,
  };
  const conditions = objectsOf(status.conditions).filter((it) => it.type !== 'PodScheduled');
  if (!dryRun) {
    machine.store.put(kind, {
      ...pod,
      spec: { ...spec, nodeName: node },
      status: { ...status, conditions: [...conditions, scheduled] },
    });
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}
