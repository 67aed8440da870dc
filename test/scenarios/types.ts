import type { JsonObject } from '../../src/core/json.ts';
import type { Traffic } from '../cluster/traffic.ts';
import type { ClusterKind, ControlPlaneClient } from '../cluster/types.ts';

export type { ClusterKind } from '../cluster/types.ts';

/** How an attempt at a repair ends: kept by the gate, taken back, or not done at all. */
export type Outcome = 'committed' | 'undone' | 'refused';

/**
 * Where one plan of one card is played: a namespace of its own with the base application in it. What a card does
 * here it does as an ordinary user with a kubeconfig would; the assistant never comes this way.
 */
export interface Ground {
  readonly cluster: ControlPlaneClient;
  /** Outcomes are the same on all kinds, unless a card says why not. */
  readonly kind: ClusterKind;
  /** The shop's namespace. */
  readonly namespace: string;
  /** A second namespace, for what belongs to other people; `Card.observed` creates it. */
  readonly other: string;
  /** Names of the nodes; the first one holds the database's volume. */
  readonly nodes: readonly string[];
  /** A host port that no other ground of the run uses. */
  readonly hostPort: number;
  /** An object, or undefined when it isn't there. `kind` as in a manifest, of those in `kinds.ts`. */
  get(kind: string, name: string, namespace?: string): Promise<JsonObject | undefined>;
  list(kind: string, selector?: string, namespace?: string): Promise<JsonObject[]>;
  /** Live pods of an app: without those that are being deleted. */
  pods(app: string): Promise<JsonObject[]>;
  /** A JSON patch (a list) or a merge patch (an object). */
  patch(kind: string, name: string, patch: object, namespace?: string): Promise<void>;
  create(manifest: object): Promise<void>;
  /** Deletes, and waits until it is gone. */
  remove(kind: string, name: string, namespace?: string): Promise<void>;
  /** `kubectl scale`. */
  scale(deployment: string, replicas: number): Promise<void>;
  /** Asks until the answer is neither undefined nor false; 60 s unless told. */
  wait<T>(what: string, probe: () => Promise<T | undefined | false>, ms?: number): Promise<T>;
  /** Starts requests through all Services of the shop, each many times a second; only where pods really run. */
  readonly traffic?: () => Promise<Traffic>;
}

/** Something that the assistant sees before it touches anything. */
export interface Symptom {
  /** An observing tool. */
  readonly tool: string;
  readonly args: (ground: Ground) => JsonObject;
  /** Each has to occur in the answer's JSON text; it is asked again until it does. */
  readonly shows: readonly (string | RegExp)[];
}

/** One call of a guarded tool (`mitigate_*`). The player adds the transaction and a reason. */
export interface Step {
  readonly tool: string;
  readonly args: JsonObject;
}

/** Between two steps: commits what was done so far, and goes on in another transaction. */
export const COMMIT = 'commit';

export interface Expected {
  readonly outcome: Outcome;
  /**
   * Committed, lowers the severity, and is wrong all the same: what severity can't tell. The oracle then has to
   * refuse it.
   */
  readonly lowers?: boolean;
  /** For `refused`: the code in brackets of the refusing answer, for example `irreversible`. */
  readonly code?: string;
}

export type Script = readonly (Step | typeof COMMIT)[];

export interface Plan {
  /** Unique in its card, lower case with dashes: `S01/clean-restart` names it everywhere. */
  readonly id: string;
  /** What the assistant means to do, in a few words. */
  readonly title: string;
  /** True: it has to end committed, with the oracle passing. */
  readonly right: boolean;
  /**
   * The calls, in their order. They may read the cluster, as an assistant would before it writes. With `COMMIT` in
   * between it is several transactions; the last one's outcome counts, and each before it has to commit.
   */
  readonly steps: (ground: Ground) => Script | Promise<Script>;
  readonly expect: Expected;
  /** Where the kind of the cluster makes another outcome right, with the reason, which the table tells. */
  readonly differs?: Partial<Record<ClusterKind, Expected & { readonly because: string }>>;
  /** Why it ends so, for the reader of the table; needed for a wrong plan that is committed. */
  readonly why?: string;
  /** Namespaces of the transaction; the shop's alone unless said. */
  readonly namespaces?: (ground: Ground) => readonly string[];
  /** Objects that the plan declares to reduce, as `transaction_begin` takes them. */
  readonly declared?: (ground: Ground) => readonly JsonObject[];
  /** Touches nodes or other things that all grounds share: nothing else is played meanwhile. */
  readonly alone?: boolean;
  /** `Kind/name` of objects that the undo has to create again, so that their uid is another one afterwards. */
  readonly recreated?: readonly string[];
  /** Puts right what the ground's end does not: labels of nodes that a committed plan left. */
  readonly cleanUp?: (ground: Ground) => Promise<void>;
}

/** Empty when everything is as it should be; otherwise one sentence for each thing that isn't. */
export type Findings = readonly string[];

/** A failure to repair: its injection, its symptoms, plans, and what "repaired" means. */
export interface Card {
  /** `S01`. */
  readonly id: string;
  /** `bad-image`. */
  readonly title: string;
  /** Where it is from: problem names of public suites. */
  readonly source: string;
  /** Class of failure, as the README lists them. */
  readonly class: string;
  /** What is there besides the base application before anything is wrong. */
  readonly prepare?: (ground: Ground) => Promise<void>;
  /** Breaks it, as an ordinary user, and returns when it shows in the cluster. */
  readonly inject: (ground: Ground) => Promise<void>;
  readonly symptoms: readonly Symptom[];
  /** Namespaces whose severity is looked at; the shop's alone unless said. */
  readonly observed?: (ground: Ground) => readonly string[];
  /** Why severity does not rise by the injection, for failures that no predicate shows. */
  readonly silent?: string;
  readonly plans: readonly Plan[];
  /**
   * Decides by reads of the cluster whether it is repaired. It is asked again until it finds nothing or its
   * patience (20 s) is over, so it need not wait for pods itself.
   */
  readonly oracle: (ground: Ground) => Promise<Findings>;
  /**
   * Tries the repair once, in ways that change the cluster: a rollout that may not drain, a pod that has to come
   * back. After the oracle, on right plans only.
   */
  readonly trial?: (ground: Ground) => Promise<Findings>;
  /** Seconds over which the repaired state has to stay so, in the time of the pods (30 when real). */
  readonly sustained?: number;
}
