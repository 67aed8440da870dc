import type { KubeObject } from '../core/kube.ts';
import type { KindDefinition } from './kinds.ts';

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: KindDefinition;
  readonly version: number;
  readonly object: KubeObject;
  /** The object as it was; undefined for one that is new. */
  readonly before: KubeObject | undefined;
}

export type Listener = (change: Change) => void;

/** Changes kept for watches and pages that began earlier. */
const HISTORY = 20_000;

/**
 * The objects of the cluster and the order of their changes. Objects are never changed in place:
 * whoever holds one holds that version.
 */
export class Store {
  readonly #objects = new Map<KindDefinition, Map<string, KubeObject>>();
  readonly #listeners = new Set<Listener>();
  #history: Change[] = [];
  #version = 1;

  get version(): number {
    return this.#version;
  }

  get(kind: KindDefinition, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(kind)?.get(keyOf(namespace, name));
  }

  /** In the order of keys, as etcd has them. */
  list(kind: KindDefinition, namespace?: string): KubeObject[] {
    const all = [...(this.#objects.get(kind)?.values() ?? [])];
    const found =
      namespace === undefined ? all : all.filter((it) => it.metadata.namespace === namespace);
    return found.sort(byKey);
  }

  /** The objects as they were at a version; undefined when that is too long ago. */
  listAt(kind: KindDefinition, version: number): KubeObject[] | undefined {
    const oldest = this.#history[0]?.version ?? this.#version + 1;
    if (version < oldest - 1 && version !== this.#version) return undefined;
    const then = new Map(this.#objects.get(kind));
    for (const change of this.#history.slice().reverse()) {
      if (change.version <= version) break;
      if (change.kind !== kind) continue;
      const key = keyOfObject(change.object);
      if (change.before === undefined) then.delete(key);
      else then.set(key, change.before);
    }
    return [...then.values()].sort(byKey);
  }

  /** Changes after a version, oldest first; undefined when they are no longer known. */
  since(kind: KindDefinition, version: number): Change[] | undefined {
    const oldest = this.#history[0]?.version ?? this.#version + 1;
    if (version < oldest - 1) return undefined;
    return this.#history.filter((it) => it.kind === kind && it.version > version);
  }

  /** Stores an object under a new resourceVersion and returns it with that. */
  put(kind: KindDefinition, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata;
    const key = keyOf(namespace, name);
    const objects = this.#of(kind);
    const before = objects.get(key);
    this.#version += 1;
    const stored: KubeObject = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    };
    objects.set(key, stored);
    this.#tell({
      type: before === undefined ? 'ADDED' : 'MODIFIED',
      kind,
      version: this.#version,
      object: stored,
      before,
    });
    return stored;
  }

  /** Takes an object away; the answer is its last state, with the version of its deletion. */
  remove(kind: KindDefinition, object: KubeObject): KubeObject {
    const before = this.get(kind, object.metadata.namespace, object.metadata.name) ?? object;
    this.#of(kind).delete(keyOfObject(object));
    this.#version += 1;
    const gone: KubeObject = {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(this.#version) },
    };
    this.#tell({ type: 'DELETED', kind, version: this.#version, object: gone, before });
    return gone;
  }

  /** Hears of every change, at once; returns how to stop that. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #of(kind: KindDefinition): Map<string, KubeObject> {
    const known = this.#objects.get(kind) ?? new Map<string, KubeObject>();
    this.#objects.set(kind, known);
    return known;
  }

  #tell(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > HISTORY * 1.5) this.#history = this.#history.slice(-HISTORY);
    for (const listener of this.#listeners) listener(change);
  }
}

export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function keyOfObject({ metadata }: KubeObject): string {
  return keyOf(metadata.namespace, metadata.name);
}

function byKey(a: KubeObject, b: KubeObject): number {
  return keyOfObject(a) < keyOfObject(b) ? -1 : 1;
}
