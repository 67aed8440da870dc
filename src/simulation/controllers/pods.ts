import {
  isObject,
  type JsonObject,
  numberOf,
  objectOf,
  objectsOf,
  stringOf,
} from '../../core/json.ts';
import { controllerOf, type KubeObject } from '../../core/kube.ts';
import { matchesSelector } from '../rules/selector.ts';
import { type Client, ownerReference } from './client.ts';

export function conditionOf(object: KubeObject, type: string): JsonObject | undefined {
  return objectsOf(objectOf(object.status).conditions).find((it) => it.type === type);
}

export function isReady(pod: KubeObject): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True';
}

/** When a pod has been ready for long enough, ms since the epoch; undefined while it isn't ready. */
export function availableAt(pod: KubeObject, minReadySeconds: number): number | undefined {
  const ready = conditionOf(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  const since = Date.parse(stringOf(ready.lastTransitionTime) ?? '');
  return (Number.isNaN(since) ? 0 : since) + minReadySeconds * 1000;
}

export function isDeleting({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** It has ended, for better or worse. */
export function isFinished(pod: KubeObject): boolean {
  const { phase } = objectOf(pod.status);
  return phase === 'Succeeded' || phase === 'Failed';
}

export function specOf(object: KubeObject): JsonObject {
  return objectOf(object.spec);
}

export function replicasOf(object: KubeObject): number {
  return numberOf(specOf(object).replicas) ?? 0;
}

export function selectorOf(object: KubeObject): JsonObject | undefined {
  const { selector } = specOf(object);
  return isObject(selector) ? selector : undefined;
}

/** What a workload controls: its pods, ReplicaSets or revisions. */
type Claimed = 'Pod' | 'ReplicaSet' | 'ControllerRevision';

/**
 * The objects that a workload controls. Free ones that its selector finds are adopted, its own that it
 * no longer finds are let go.
 */
export function claim(client: Client, kind: Claimed, owner: KubeObject): KubeObject[] {
  const selector = selectorOf(owner);
  const { uid, namespace } = owner.metadata;
  return client.list(kind, namespace).flatMap((child) => {
    const controller = controllerOf(child);
    const found = matchesSelector(selector, objectOf(child.metadata.labels));
    if (controller?.uid === uid) {
      if (found || isDeleting(child)) return [child];
      release(client, child, uid ?? '');
      return [];
    }
    const isFree = controller === undefined && !isDeleting(child) && !isFinished(child);
    if (!found || !isFree || isDeleting(owner)) return [];
    return [adopt(client, child, owner)];
  });
}

function adopt(client: Client, child: KubeObject, owner: KubeObject): KubeObject {
  const owners = [...objectsOf(child.metadata.ownerReferences), ownerReference(owner)];
  return client.update({ ...child, metadata: { ...child.metadata, ownerReferences: owners } });
}

function release(client: Client, child: KubeObject, uid: string): void {
  const owners = objectsOf(child.metadata.ownerReferences).filter((it) => it.uid !== uid);
  client.update({ ...child, metadata: { ...child.metadata, ownerReferences: owners } });
}

/** A pod of a workload's template; `more` goes into its metadata. */
export function podOf(owner: KubeObject, more: JsonObject): JsonObject {
  const template = objectOf(specOf(owner).template);
  const { labels, annotations, finalizers } = objectOf(template.metadata);
  return {
    metadata: {
      ...(labels === undefined
        ? {}
        : { labels: { ...objectOf(labels), ...objectOf(more.labels) } }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ...Object.fromEntries(Object.entries(more).filter(([name]) => name !== 'labels')),
      ...(labels === undefined && more.labels !== undefined ? { labels: more.labels } : {}),
      ownerReferences: [ownerReference(owner)],
    },
    spec: objectOf(template.spec),
  };
}

const COST = 'controller.kubernetes.io/pod-deletion-cost';

/** Which of a workload's pods go first: unscheduled, unready, of the lowest deletion cost, then the youngest. */
export function byUsefulness(a: KubeObject, b: KubeObject): number {
  return (
    rank(a) - rank(b) ||
    cost(a) - cost(b) ||
    age(b) - age(a) ||
    (a.metadata.name < b.metadata.name ? -1 : 1)
  );
}

function cost({ metadata }: KubeObject): number {
  return Number(metadata.annotations?.[COST] ?? 0) || 0;
}

function rank(pod: KubeObject): number {
  if (!specOf(pod).nodeName) return 0;
  const { phase } = objectOf(pod.status);
  if (phase === 'Pending') return 1;
  if (phase === 'Unknown') return 2;
  return isReady(pod) ? 4 : 3;
}

function age(pod: KubeObject): number {
  return Date.parse(stringOf(pod.metadata.creationTimestamp) ?? '') || 0;
}

/** The key of a namespaced object, for a controller's queue. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

export function splitKey(key: string): [namespace: string, name: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

/** Keys of the workloads of one kind that a pod or a child concerns, by its controller. */
export function ownerKeys(object: KubeObject, kind: string): string[] {
  const owner = controllerOf(object);
  if (owner?.kind !== kind) return [];
  return [`${object.metadata.namespace ?? ''}/${String(owner.name)}`];
}
