import type {
  LiveObject,
  ObjectKey,
  WriteOutcome,
  WritePurpose,
  WriteRequest,
} from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { KubeObject, ObjectRef } from '../core/kube.ts';
import type { StepState } from '../journal/types.ts';
import type { Resolution } from './resolution.ts';
import type { Shape } from './shape.ts';

/** A journaled write, as the undo needs it. */
export interface UndoStep {
  readonly seq: number;
  readonly verb: 'create' | 'patch' | 'apply' | 'delete';
  readonly intentId: string;
  /** `undefined`: the object did not exist before. Of a delete: with what others wrote until it was gone. */
  readonly pre: KubeObject | undefined;
  /** The response, or the dry run's prediction where no response was seen. `undefined` after a delete. */
  readonly post: KubeObject | undefined;
  /** uid in the response; undefined when no response was seen. Of a delete: of what its undo has created again. */
  readonly postUid: string | undefined;
  /** True for a delete after which others wrote to the object until it was gone: `pre` has that. */
  readonly lastSeen?: boolean;
  /** True for a delete whose undo has begun: the object may have been created again already. */
  readonly restoring?: boolean;
}

/** All steps of a transaction on one object, oldest first: restored by one write to where the first began. */
export interface UndoGroup {
  readonly key: ObjectKey;
  readonly steps: readonly UndoStep[];
  /** What a person decided about its conflicts. */
  readonly resolution?: Resolution;
}

/** What the undo may use of the world. Handed in by the transaction layer, which owns the door and the journal. */
export interface UndoPort {
  readonly clock: Clock;
  get(key: ObjectKey): Promise<LiveObject | undefined>;
  /**
   * What the object of a delete was when it went, journaled before it is given. undefined where nobody had written
   * to it meanwhile, and where that can't be told (any more).
   */
  lastState(deleted: UndoStep): Promise<KubeObject | undefined>;
  /** `purpose`: `undo` when absent. */
  send(
    request: WriteRequest,
    purpose?: Extract<WritePurpose, 'undo' | 'ownership' | 'child'>,
  ): Promise<WriteOutcome>;
  shape(key: ObjectKey): Promise<Shape>;
  /** The address of another object. @throws StratusError unknown_resource */
  key(ref: ObjectRef): Promise<ObjectKey>;
  /** Everything of a kind, in a namespace or in all of them. */
  list(
    resource: 'pods' | 'replicasets.apps' | 'services' | 'persistentvolumeclaims',
    namespace?: string,
  ): Promise<readonly LiveObject[]>;
  /** The autoscaler that sets an object's replicas; undefined where none does that this transaction left alone. */
  scaledBy(key: ObjectKey): Promise<string | undefined>;
  /** uid alive now for an owner's uid of then; undefined when it is gone. */
  ownerUid(
    owner: { apiVersion: string; kind: string; name: string; uid: string },
    namespace?: string,
  ): Promise<string | undefined>;
  /** Notes in the audit log what was done to another object for the sake of this one. */
  note(ref: ObjectRef, how: string): void;
  /**
   * What this transaction knows to have belonged to an object that was created again: its dependents of then, and
   * what was deleted with it and is back already.
   */
  childrenOf(uid: string): readonly Child[];
  /** Journals the state of all steps of the group, durable before it returns. */
  mark(
    to: StepState,
    note?: {
      residual?: readonly Json[];
      conflicts?: readonly Json[];
      error?: string;
      body?: string;
      /** uid that a deleted object has since it was created again. */
      uid?: string;
    },
  ): void;
}

/** An object that named another one as its owner. */
export interface Child {
  readonly ref: ObjectRef;
  /** uid of the child as it is now. */
  readonly uid: string;
  /** Its reference to the owner, with the uid of then. */
  readonly reference: JsonObject;
  /** managedFields of then; empty when not known. */
  readonly managedFields: readonly Json[];
}

export interface ObjectUndo {
  readonly state: 'UNDONE' | 'UNDO_CONFLICT' | 'UNDO_IMPOSSIBLE';
  /** One phrase: `restored exactly`. */
  readonly how: string;
  readonly residual: readonly Json[];
  readonly conflicts: readonly Json[];
  /** True where the API server refused the restore: it may accept it once other objects are back. */
  readonly refused?: boolean;
}
