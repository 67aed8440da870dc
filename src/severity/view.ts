import { at, stringOf } from '../core/json.ts';
import { controllerOf, type KubeObject } from '../core/kube.ts';
import { factsOf, once } from './facts.ts';
import { unknownName, WATCHED_KINDS } from './kinds.ts';
import type { Snapshot } from './types.ts';

export { type Condition, conditionOf, timeOf } from './facts.ts';

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
  /** Of {@link View.pods} those that a rule about pods may have something to say about. */
  readonly remarkable: readonly KubeObject[];
  podsOf(owner: Owner): readonly KubeObject[];
  /** Of {@link View.pods} those of one namespace. */
  podsIn(namespace: string | undefined): readonly KubeObject[];
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
  return factsOf(pod).key;
}

export function isReady(pod: KubeObject): boolean {
  return factsOf(pod).ready?.status === 'True';
}

export function isTerminating(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** {@link controllerOf} by kind and name, remembered for each object. */
export function makerOf(object: KubeObject): { kind: string; name: string } | undefined {
  return maker(object) ?? undefined;
}

const maker = once((object: KubeObject) => {
  const found = controllerOf(object);
  const kind = stringOf(found?.kind);
  const name = stringOf(found?.name);
  return kind === undefined || name === undefined ? null : { kind, name };
});

export function matchesSelector(
  labels: Readonly<Record<string, string>> | undefined,
  selector: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels?.[key] === value);
}

export function viewOf(snapshot: Snapshot): View {
  const unknown = new Set(snapshot.unknowns.map((it) => it.what));
  const list = (kind: string) => snapshot.objects[kind] ?? NONE;

  function find(kind: string, namespace: string | undefined, name: string) {
    return namesIn(list(kind)).get(namespace)?.get(name);
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
      const controller = makerOf(here);
      // A mirror pod is owned by its Node, and several share one.
      if (controller === undefined || controller.kind === 'Node') return asOwner(here);
      const next = find(controller.kind, namespace, controller.name);
      if (next === undefined) return { ...withNamespace(namespace), ...guessed(here, controller) };
      here = next;
    }
    return asOwner(here);
  }

  const pods = meantToRun(list('Pod'));
  const byOwner = new Map<string, readonly KubeObject[]>();
  const add = (owner: Owner, more: readonly KubeObject[]) => {
    const before = byOwner.get(keyOf(owner));
    byOwner.set(keyOf(owner), before === undefined ? more : [...before, ...more].sort(byName));
  };
  // Siblings have the same owner, unless their maker is gone and each has to speak for itself.
  for (const siblings of familiesIn(pods).values()) {
    const [eldest] = siblings;
    const maker = eldest && makerOf(eldest);
    const isKnown = maker && find(maker.kind, eldest.metadata.namespace, maker.name) !== undefined;
    if (eldest !== undefined && isKnown) add(ownerOf(eldest), siblings);
    else for (const pod of siblings) add(ownerOf(pod), [pod]);
  }

  return {
    snapshot,
    at: snapshot.at,
    list,
    find,
    known,
    ownerOf,
    pods,
    remarkable: remarkableOf(pods),
    podsOf: (owner) => byOwner.get(keyOf(owner)) ?? NONE,
    podsIn: (namespace) => byNamespace(pods).get(namespace) ?? NONE,
  };
}

const NONE: readonly KubeObject[] = [];

// Per list: while nothing of a kind changes, its list stays the same.
const meantToRun = once((all: readonly KubeObject[]): readonly KubeObject[] =>
  all
    .filter((pod) => !isTerminating(pod) && at(pod, 'status', 'phase') !== 'Succeeded')
    .sort(byName),
);

/** Pods by their controller; those without one are a family of their own. */
const familiesIn = once((pods: readonly KubeObject[]) =>
  grouped(pods, (pod) => {
    const maker = makerOf(pod);
    return maker === undefined || maker.kind === 'Node'
      ? factsOf(pod).key
      : `${pod.metadata.namespace}/${maker.kind}/${maker.name}`;
  }),
);

function byName(a: KubeObject, b: KubeObject): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

const remarkableOf = once((pods: readonly KubeObject[]): readonly KubeObject[] =>
  pods.filter((pod) => !factsOf(pod).isPlain),
);

const byNamespace = once((objects: readonly KubeObject[]) =>
  grouped(objects, (it) => it.metadata.namespace),
);

const namesIn = once((objects: readonly KubeObject[]) => {
  const names = new Map<string | undefined, Map<string, KubeObject>>();
  for (const object of objects) {
    const { namespace, name } = object.metadata;
    let inNamespace = names.get(namespace);
    if (inNamespace === undefined) {
      inNamespace = new Map();
      names.set(namespace, inNamespace);
    }
    inNamespace.set(name, object);
  }
  return names;
});

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

export function grouped<K, T>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}
