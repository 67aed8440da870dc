import { at, type Json, objectsOf, stringOf } from '../core/json.ts';
import type { KubeObject } from '../core/kube.ts';
import { unknownName, WATCHED_KINDS } from './kinds.ts';
import type { Snapshot } from './types.ts';

/** The object that a finding is about: for pods the workload that owns them. */
export interface Owner {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** A snapshot with the look-ups that predicates and settle rules share. */
export interface View {
  readonly snapshot: Snapshot;
  /** Wall time of the snapshot, ms. */
  readonly at: number;
  list(kind: string): readonly KubeObject[];
  find(kind: string, namespace: string | undefined, name: string): KubeObject | undefined;
  /** True when objects of that kind in that namespace were listed, so that absence means absence. */
  known(kind: string, namespace?: string): boolean;
  /** The last owner up the chain of controllers: pod → ReplicaSet → Deployment. */
  ownerOf(object: KubeObject): Owner;
  /** Pods that are meant to run: neither ended with success nor being deleted. */
  readonly pods: readonly KubeObject[];
  podsOf(owner: Owner): readonly KubeObject[];
}

export function keyOf(object: Owner): string {
  return object.namespace === undefined
    ? `${object.kind}/${object.name}`
    : `${object.kind}/${object.namespace}/${object.name}`;
}

export function asOwner(object: KubeObject): Owner {
  const { namespace, name } = object.metadata;
  return { kind: object.kind, ...(namespace === undefined ? {} : { namespace }), name };
}

/** `shop/catalog-5d9f-x2x`. */
export function podKey(pod: KubeObject): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

/** Milliseconds since the epoch of a Kubernetes timestamp. */
export function timeOf(value: Json | undefined): number | undefined {
  const time = Date.parse(stringOf(value) ?? '');
  return Number.isNaN(time) ? undefined : time;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly since: number | undefined;
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const found = objectsOf(at(object, 'status', 'conditions')).find((it) => it.type === type);
  return (
    found && {
      type,
      status: stringOf(found.status) ?? '',
      reason: stringOf(found.reason) ?? '',
      message: stringOf(found.message) ?? '',
      since: timeOf(found.lastTransitionTime),
    }
  );
}

export function isReady(pod: KubeObject): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True';
}

export function isTerminating(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

export function controllerOf(object: KubeObject): { kind: string; name: string } | undefined {
  const controller = objectsOf(object.metadata.ownerReferences).find(
    (it) => it.controller === true,
  );
  const kind = stringOf(controller?.kind);
  const name = stringOf(controller?.name);
  return kind === undefined || name === undefined ? undefined : { kind, name };
}

export function matchesSelector(
  labels: Readonly<Record<string, string>> | undefined,
  selector: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
}

export function viewOf(snapshot: Snapshot): View {
  const index = new Map<string, KubeObject>();
  for (const objects of Object.values(snapshot.objects)) {
    for (const object of objects) index.set(keyOf(asOwner(object)), object);
  }
  const unknown = new Set(snapshot.unknowns.map((it) => it.what));
  const list = (kind: string) => snapshot.objects[kind] ?? [];

  function find(kind: string, namespace: string | undefined, name: string) {
    return index.get(keyOf({ kind, ...(namespace === undefined ? {} : { namespace }), name }));
  }

  function known(kind: string, namespace?: string): boolean {
    const watched = WATCHED_KINDS.find((it) => it.kind === kind);
    if (watched === undefined || snapshot.objects[kind] === undefined) return false;
    if (namespace === undefined) return true;
    const { namespaces } = snapshot.scope;
    if (namespaces !== 'all' && !namespaces.includes(namespace)) return false;
    return !unknown.has(unknownName(watched.plural, namespace));
  }

  function ownerOf(object: KubeObject): Owner {
    const { namespace } = object.metadata;
    let here = object;
    // Owner chains are two or three long; the limit guards against a ring.
    for (let depth = 0; depth < 8; depth++) {
      const controller = controllerOf(here);
      // A mirror pod is owned by its Node, and several share one.
      if (controller === undefined || controller.kind === 'Node') return asOwner(here);
      const next = find(controller.kind, namespace, controller.name);
      if (next === undefined) return { ...withNamespace(namespace), ...guessed(here, controller) };
      here = next;
    }
    return asOwner(here);
  }

  const pods = list('Pod')
    .filter((pod) => !isTerminating(pod) && at(pod, 'status', 'phase') !== 'Succeeded')
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const byOwner = grouped(pods, (pod) => keyOf(ownerOf(pod)));

  return {
    snapshot,
    at: snapshot.at,
    list,
    find,
    known,
    ownerOf,
    pods,
    podsOf: (owner) => byOwner.get(keyOf(owner)) ?? [],
  };
}

/** A ReplicaSet that is gone already still tells its Deployment by the hash at its name's end. */
function guessed(object: KubeObject, controller: { kind: string; name: string }) {
  const hash = object.metadata.labels?.['pod-template-hash'];
  if (controller.kind === 'ReplicaSet' && hash && controller.name.endsWith(`-${hash}`)) {
    return { kind: 'Deployment', name: controller.name.slice(0, -hash.length - 1) };
  }
  return controller;
}

function withNamespace(namespace: string | undefined) {
  return namespace === undefined ? {} : { namespace };
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
