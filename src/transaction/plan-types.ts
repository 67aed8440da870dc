import type { LiveObject, PatchType } from '../cluster/types.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { ObjectRef } from '../core/kube.ts';

/** A read that a plan needs, made fresh by the transaction. `as` names the answer. */
export type Read =
  | {
      readonly as: string;
      readonly get: {
        /** Kind, plural, short name or plural.group, as people type it. */
        readonly resource: string;
        /** Exact version, where a manifest names one. */
        readonly apiVersion?: string;
        readonly namespace?: string;
        readonly name: string;
      };
    }
  | {
      readonly as: string;
      readonly list: {
        readonly resource: string;
        readonly namespace?: string;
        readonly labelSelector?: string;
        /** `spec.nodeName=node-1`. */
        readonly fieldSelector?: string;
        /** Only for advice: where it may not be read the plan goes on, and `Live.unread` says so. */
        readonly optional?: true;
        /** It may be a moment old: for advice, never for what is written. A fresh list can wait 100 ms. */
        readonly cached?: true;
      };
    };

/** Answers to the reads of a plan. Frozen: a plan is a pure function of it. */
export interface Live {
  /** `undefined` when the object isn't there. */
  object(as: string): LiveObject | undefined;
  list(as: string): readonly LiveObject[];
  /** True for an optional list that could not be read: its emptiness then means nothing. */
  unread?(as: string): boolean;
}

interface PlannedBase {
  readonly object: ObjectRef;
  /** The equivalent kubectl command, for the reader. Never run. */
  readonly kubectl: string;
  /** `scale from 3 to 5 replicas`. */
  readonly summary: string;
  /** What the caller should know before it runs. */
  readonly warnings?: readonly string[];
  /** Why the write is a reduction by its very meaning (a cordon); it is declared to the gate with it. */
  readonly declares?: string;
}

/** One write to one named object. uid and resourceVersion preconditions are added by the transaction from its own fresh read. */
export type PlannedWrite =
  | (PlannedBase & { readonly verb: 'create'; readonly manifest: JsonObject })
  | (PlannedBase & {
      readonly verb: 'patch';
      readonly patchType: Exclude<PatchType, 'apply'>;
      readonly patch: Json;
    })
  /** Server-side apply. A conflict is an answer, never forced. */
  | (PlannedBase & { readonly verb: 'apply'; readonly manifest: JsonObject })
  | (PlannedBase & { readonly verb: 'delete' })
  /** A delete of a pod that a PodDisruptionBudget may put off. */
  | (PlannedBase & {
      readonly verb: 'evict';
      /** Seconds; the pod's own when absent. */
      readonly gracePeriodSeconds?: number;
      /** How long the evictions of one command may wait for budgets, in seconds from the first one. */
      readonly patienceSeconds: number;
    });
