import type { JsonObject } from '../../core/json.ts';
import { isControlledBy, type KubeObject } from '../../core/kube.ts';
import { createObject } from '../api/create.ts';
import { deleteObject } from '../api/delete.ts';
import { ApiError } from '../api/error.ts';
import type { Machine } from '../api/machine.ts';
import { patchObject } from '../api/patch.ts';
import type { WriteOptions } from '../api/types.ts';
import { updateObject } from '../api/update.ts';
import { type KindDefinition, kindNamed } from '../kinds.ts';
import { EventBook, type EventText } from './events.ts';

/** The API as one part of the control plane uses it, under its own name. */
export class Client {
  readonly machine: Machine;
  readonly #manager: string;
  readonly #events: EventBook;

  constructor(machine: Machine, manager: string, component: string) {
    this.machine = machine;
    this.#manager = manager;
    this.#events = new EventBook(machine, component);
  }

  get now(): number {
    return this.machine.clock.now();
  }

  get(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.machine.store.get(kindNamed(kind), namespace, name);
  }

  list(kind: string, namespace?: string): KubeObject[] {
    return this.machine.store.list(kindNamed(kind), namespace);
  }

  create(kind: string, namespace: string | undefined, body: JsonObject): KubeObject {
    const target = { kind: kindNamed(kind), namespace, name: '' };
    return createObject(this.machine, target, body, this.#options()).object;
  }

  /** Writes the whole object; its resourceVersion is the precondition. */
  update(object: KubeObject): KubeObject {
    return updateObject(this.machine, targetOf(object), object, this.#options()).object;
  }

  updateStatus(object: KubeObject, status: JsonObject): KubeObject {
    const options = { ...this.#options(), subresource: 'status' } as const;
    return updateObject(this.machine, targetOf(object), { ...object, status }, options).object;
  }

  patch(object: KubeObject, patch: JsonObject, subresource?: 'status'): KubeObject {
    const options = { ...this.#options(), ...(subresource === undefined ? {} : { subresource }) };
    return patchObject(this.machine, targetOf(object), 'strategic', patch, options).object;
  }

  /** What isn't there any more is as good as deleted. */
  remove(object: KubeObject, propagation?: string, grace?: number): void {
    const { uid } = object.metadata;
    try {
      deleteObject(this.machine, targetOf(object), { uid, propagation, grace, dryRun: false });
    } catch (error) {
      if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 409)) throw error;
    }
  }

  event(object: KubeObject, text: EventText): void {
    this.#events.record(object, text);
  }

  #options(): WriteOptions {
    return { manager: this.#manager, dryRun: false, validation: 'Ignore' };
  }
}

export function targetOf({ kind, metadata }: KubeObject): {
  kind: KindDefinition;
  namespace: string | undefined;
  name: string;
} {
  return { kind: kindNamed(kind), namespace: metadata.namespace, name: metadata.name };
}

/** The reference by which an object controls another. */
export function ownerReference(owner: KubeObject): JsonObject {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Objects of a kind that an owner controls. */
export function ownedBy(client: Client, kind: string, owner: KubeObject): KubeObject[] {
  return client
    .list(kind, owner.metadata.namespace)
    .filter((it) => isControlledBy(it, owner.metadata.uid));
}
