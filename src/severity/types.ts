import type { ListFeed } from '../cluster/feed.ts';
import type { ClusterReader } from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import type { KubeObject, ObjectRef } from '../core/kube.ts';
import type { RedactionRules } from '../core/redact-text.ts';

export interface SettleSettings {
  /** How long a commit waits for the touched workloads to settle and stay stable, in seconds. Over it: abort. */
  readonly timeoutSeconds: number;
  /** Equal samples needed in a row. */
  readonly samples: number;
  /** The time the equal samples must span, in seconds. */
  readonly stableSeconds: number;
  /** No touched pod may be younger than this at the verdict, in seconds. */
  readonly minPodAgeSeconds: number;
  /** A pod may be unschedulable, or a PVC pending, this long before it counts, in seconds. */
  readonly graceSeconds: number;
}

export interface SeveritySettings {
  /** Predicate id → weight; those not named keep the default of the predicate. */
  readonly weights: Readonly<Record<string, number>>;
  readonly settle: SettleSettings;
  /** New critical violations outside the scope of the transaction: abort or only warn. */
  readonly outside: 'abort' | 'warn';
  /** Names whose values messages must not show, beside the usual ones. */
  readonly redaction?: RedactionRules;
}

/** Where severity is measured. */
export interface Scope {
  /** Namespaces, or `all` for the cluster (a cluster-scoped object was touched, or a person asks for everything). */
  readonly namespaces: readonly string[] | 'all';
}

/** Something that could not be observed. One of these closes the gate (`closingUnknowns` of gate.ts). */
export interface Unknown {
  /**
   * `pods in shop`, `nodes`. `outside: nodes` is a cluster-wide kind that this identity may not read
   * while only namespaces are measured: the verdict tells it, and the gate wants it equal before and after.
   */
  readonly what: string;
  readonly reason: string;
  /** The API server said 403: hidden by permission, not by an outage. */
  readonly forbidden?: boolean;
}

/** What the predicates look at: plain lists, read at one moment. */
export interface Snapshot {
  /** Wall time, ms. */
  readonly at: number;
  readonly scope: Scope;
  /** Kind → objects in scope. A kind that could not be listed is absent here and named in `unknowns`. */
  readonly objects: Readonly<Record<string, readonly KubeObject[]>>;
  readonly unknowns: readonly Unknown[];
}

/** One thing that is wrong. */
export interface Violation {
  /** `predicate|Kind/namespace/owner|reason`: stable while pods are replaced. */
  readonly id: string;
  readonly predicate: string;
  readonly object: { readonly kind: string; readonly namespace?: string; readonly name: string };
  readonly reason: string;
  readonly weight: number;
  /** In [0, 1]. */
  readonly value: number;
  /** What is wrong with `object`, without its name, on one line; text of the cluster inside it is cut short. */
  readonly message: string;
  /** Pods that show it, a few at most. */
  readonly pods?: readonly string[];
}

/** What was serving: the gate compares it to catch a "repair" that removed the patient. */
export interface CoverageEntry {
  /** `Deployment/shop/catalog`. */
  readonly id: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Desired replicas of a workload; 1 for objects that are simply there. */
  readonly desired: number;
  /** Ports of a Service with a selector, backends of an Ingress. Measurements journaled by older versions lack it. */
  readonly parts?: number;
  /** Names of a workload's containers and sidecars. Measurements journaled by older versions lack it. */
  readonly containers?: readonly string[];
}

export interface Measurement {
  readonly at: number;
  readonly scope: Scope;
  /** Sum of weight × value. Meaningless while `unknowns` isn't empty. */
  readonly severity: number;
  /** Worst first. */
  readonly violations: readonly Violation[];
  readonly unknowns: readonly Unknown[];
  readonly coverage: readonly CoverageEntry[];
  /** Container restarts by `ns/pod/container`, to see flapping between two measurements. */
  readonly restarts: Readonly<Record<string, number>>;
  /** Keys of workloads that are in the middle of something. Measurements journaled by older versions lack it. */
  readonly restless?: readonly string[];
  /** Objects of touched workloads that are not settled yet, each with the reason; filled by settle(). */
  readonly unsettled: readonly string[];
}

export interface GateFinding {
  /**
   * G1 nothing new and critical; G2 severity not higher; G3 nothing that served is gone; G4 evidence complete
   * and settled; G5 nobody fights over what was written.
   */
  readonly rule: 'G1' | 'G2' | 'G3' | 'G4' | 'G5';
  readonly ok: boolean;
  readonly message: string;
}

export interface Verdict {
  readonly pass: boolean;
  readonly severityBefore: number;
  readonly severityAfter: number;
  readonly findings: readonly GateFinding[];
  readonly appeared: readonly Violation[];
  readonly disappeared: readonly Violation[];
  /** One line of at most 300 characters, with names and reasons but no text of the cluster. */
  readonly summary: string;
}

/** A reduction that the transaction declared on purpose, and a human will read. */
export interface DeclaredReduction {
  readonly object: ObjectRef;
  readonly reason: string;
}

export interface SettleRequest {
  readonly scope: Scope;
  /** Objects the transaction touched; their workloads have to settle. Empty: only stability is asked. */
  readonly touched: readonly ObjectRef[];
  readonly settings: SettleSettings;
  readonly baseline: Measurement | undefined;
  /** Keys of workloads among them that need not settle. */
  readonly excused?: readonly string[];
  /** Those of them whose pod template was changed: a pod has to have tried it. */
  readonly retold?: readonly ObjectRef[];
  /** Uids of objects that are treated as gone in each sample; nothing waits for them. */
  readonly absent?: readonly string[];
  readonly onSample?: (sample: Measurement, elapsedMs: number) => void;
  readonly signal?: AbortSignal;
}

export type SettleResult =
  | {
      readonly kind: 'stable';
      readonly measurement: Measurement;
      readonly samples: number;
      readonly ms: number;
    }
  /** Timed out, or a touched workload failed for good before (fail-fast). */
  | {
      readonly kind: 'unsettled';
      readonly measurement: Measurement;
      readonly reason: string;
      readonly samples: number;
      readonly ms: number;
    };

export interface SeverityMeter {
  /**
   * One measurement, at once. Never throws for what the cluster hides: that lands in `unknowns`.
   * Objects whose uids are `absent` are treated as gone, with what they own and their endpoints.
   */
  measure(scope: Scope, signal?: AbortSignal, absent?: readonly string[]): Promise<Measurement>;
  /** Measures until settled and stable. */
  settle(request: SettleRequest): Promise<SettleResult>;
  /** Ends the watches that still run. What is measured afterwards is listed. */
  close(): void;
}

export interface SeverityMeterOptions {
  readonly reader: ClusterReader;
  /** Keeps large collections current for cluster-wide measurements, on the connection of the reader. */
  readonly feed?: ListFeed;
  readonly settings: SeveritySettings;
  readonly clock: Clock;
}
