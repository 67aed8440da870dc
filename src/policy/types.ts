import type { SeveritySettings } from '../severity/types.ts';

/** What a rule may answer. `ask` means: only with a human's approval of this very plan. */
export type Effect = 'allow' | 'ask' | 'refuse';

/** The answer of the policy, always with the rule that gave it. `default` is the rule of "nothing matched": refuse. */
export interface Decision {
  readonly effect: Effect;
  /** Id of the rule. */
  readonly rule: string;
  /** A sentence for the caller. */
  readonly reason: string;
}

/** A read, as the policy sees it. */
export interface ReadQuestion {
  readonly tool: string;
  readonly group?: string;
  readonly kind?: string;
  /** Absent: all namespaces, or a cluster-scoped resource. */
  readonly namespace?: string;
  /** Whether the resource lives in namespaces, from discovery. Absent: not known, and the stricter reading is taken. */
  readonly namespaced?: boolean;
  readonly name?: string;
}

/** One planned write, as the policy sees it: the write itself, not the words of the call. */
export interface WriteQuestion {
  readonly tool: string;
  readonly verb: 'create' | 'patch' | 'apply' | 'delete' | 'evict';
  readonly group: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** Leaf paths that differ between before and after, as `spec.template.spec.containers[name=web].image`. Empty for a delete and an eviction. */
  readonly changedPaths: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Bounds of a transaction (A3, the bounded risk window). */
export interface Bounds {
  /** K: commands that change something, per transaction. */
  readonly commands: number;
  readonly minutes: number;
  /** Distinct objects a transaction may touch. */
  readonly objects: number;
  /** Highest replica count a command may set. */
  readonly replicas: number;
  /** Largest change of a replica count by one command. */
  readonly replicaChange: number;
  /** Pods that the touched workloads own, in all. */
  readonly podsAtRisk: number;
}

/** How a person's approval of an `ask` comes about. */
export interface ApprovalSettings {
  /** The client may ask its human (MCP elicitation). Off, only the command line can approve. */
  readonly elicitation: boolean;
  /** How long a question waits for a person. */
  readonly decideMinutes: number;
  /** How long an approval may be used, and how long a refusal is remembered. */
  readonly useMinutes: number;
}

/** What the policy answers where somebody else keeps a field as it is; `warn` only says so. */
export type OwnerEffect = 'refuse' | 'ask' | 'warn';

/** By who keeps it: a GitOps controller, a Helm release, another server-side applier, an autoscaler of replicas. */
export type OwnerRules = Readonly<
  Record<'gitops' | 'helm' | 'applied' | 'autoscaler', OwnerEffect>
>;

/** `guided`: a change needs an incident in mitigation. `direct`: it doesn't. */
export type Mode = 'direct' | 'guided';

export interface IncidentSettings {
  /** Attempts at one incident, the first among them. */
  readonly attempts: number;
}

export interface RedactionSettings {
  /** Regular expressions (source text, case-insensitive) of env and ConfigMap key names whose values are masked. */
  readonly keyPatterns: readonly string[];
}

export interface Policy {
  readonly name: string;
  readonly description: string;
  /** Path of the file, for messages. */
  readonly source: string;
  /** SHA-256 of the file's bytes, hex. */
  readonly digest: string;
  /** The file's own text. */
  readonly text: string;
  readonly mode: Mode;
  readonly bounds: Bounds;
  readonly incidents: IncidentSettings;
  readonly owners: OwnerRules;
  readonly severity: SeveritySettings;
  readonly approvals: ApprovalSettings;
  readonly redaction: RedactionSettings;
  /** False when no question about this tool can be answered by allow or ask: the tool is then not offered. */
  offers(tool: string): boolean;
  decideRead(question: ReadQuestion): Decision;
  decideWrite(question: WriteQuestion): Decision;
}
