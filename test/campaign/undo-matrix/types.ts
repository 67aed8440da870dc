import type { JsonObject } from '../../../src/core/json.ts';

/** How an object of a kind is made, and a valid change of it. */
export interface KindSample {
  readonly kind: string;
  readonly apiVersion: string;
  /** Where the name has to have a form. */
  readonly named?: (name: string) => string;
  /** What creates one of that name; its labels and selectors carry the name, so that twins don't meet. */
  readonly manifest: (name: string) => JsonObject;
  /** A merge patch of more than metadata; absent: the API server lets nothing else be changed. */
  readonly edit?: JsonObject;
  /** Rows of the matrix where they are not `create`, `update-restorable` and `delete`. */
  readonly rows?: { readonly create?: string; readonly edit?: string; readonly delete?: string };
  /** Who creates it; default: kubectl apply. */
  readonly manager?: string;
  /** It exists already and is neither created nor deleted here. */
  readonly existing?: readonly [ours: string, theirs: string];
}

/** What is done to one object, and under which row of the matrix it has to fall. */
export interface MatrixCase {
  /** `update Deployment: scale down`. */
  readonly name: string;
  readonly row: string;
  readonly verb: 'create' | 'update' | 'delete';
  readonly sample: KindSample;
  /** Merge patches by another manager before, each settled: a history, a rollout that hangs. */
  readonly before?: readonly JsonObject[];
  /** And after it all, where the object stays. */
  readonly after?: readonly JsonObject[];
  /** A merge patch; default: the sample's edit. Not with `call`. */
  readonly patch?: JsonObject;
  /** Tool and arguments; kind, name and namespace are added. Default: the tool of the verb. */
  readonly call?: { readonly tool: string; readonly args: JsonObject };
  /** What has to be true of the object, or of its pods, before anything is done. */
  readonly ready?: Condition;
  /** And after the change, before it is taken back. */
  readonly done?: Condition;
  /** And after the undo, before it is judged. */
  readonly back?: Condition;
  /** The state that the transaction ends in; default: ABORTED. */
  readonly ends?: 'ABORT_INCOMPLETE';
  /** Objects that have to be there first, by name and namespace of the case's object. */
  readonly beside?: (name: string, namespace: string) => readonly JsonObject[];
}

/**
 * `at rest`: its controller has seen it and its pods are ready. `observed`: its controller has seen it. `under way`: a
 * rollout has begun that can't finish. `bound`: of a claim. `owned`: a controller has taken it.
 */
export type Condition = 'at rest' | 'observed' | 'under way' | 'bound' | 'owned' | 'none';

/** What became of one object. */
export interface Outcome {
  /** `exactly`, `equivalent`, `refused`, `gone again`, or what differs. */
  readonly result: string;
  readonly exact: boolean;
  readonly equivalent: boolean;
  readonly ownership: 'yes' | 'no' | 'n.a.';
  readonly pods: 'yes' | 'no' | 'n.a.';
  readonly history: 'yes' | 'no' | 'n.a.';
}
