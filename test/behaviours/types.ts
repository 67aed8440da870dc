import type { ControlPlaneClient } from '../cluster/types.ts';

/** Who runs the pods. */
export const KUBELETS = ['simulated', 'real'] as const;
export type Kubelets = (typeof KUBELETS)[number];

/** Where one behaviour plays: a fresh namespace of a cluster. */
export interface Site {
  readonly cluster: ControlPlaneClient;
  readonly namespace: string;
}

/** What is looked at of the pod `web`, with names, addresses, ids and times taken out. */
export interface Observation {
  /** Phase, readiness and what the pod itself says: "Running, ready"; "gone" once it is. */
  readonly pod: string;
  /** Each container's state in one line, init containers first. */
  readonly containers: Readonly<Record<string, string>>;
  /** The pod's events, each kind once: "Warning BackOff Back-off …". */
  readonly events: readonly string[];
  /** Lines of the container web's log, each once, and of its previous run's, where asked for. */
  readonly log?: readonly string[];
  readonly previousLog?: readonly string[];
}

/** What must be seen; a part that is left out isn't looked at. */
export type Expectation = Partial<Omit<Observation, 'containers'>> & {
  /** A list: any one of these states, where chance decides which is there to be seen. */
  readonly containers?: Readonly<Record<string, string | readonly string[]>>;
};

/** Why one kind of kubelet shows something else, and what that is. */
export interface Difference {
  readonly of: Kubelets;
  readonly expect: Expectation;
  readonly why: string;
}

export interface Step {
  /** What is done first, when the step before is seen. */
  readonly act?: (site: Site) => Promise<void>;
  readonly expect: Expectation;
  readonly differs?: Difference;
}

/** One behaviour of a pod, as data: what is applied, and what a kubelet then shows. */
export interface Behaviour {
  readonly name: string;
  /** Applied before the pod. */
  readonly objects?: readonly object[];
  /** The spec of the pod `web`. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

export interface Outcome {
  readonly behaviour: string;
  readonly agrees: boolean;
  readonly seconds: number;
  /** Reasons of the documented differences that were met. */
  readonly differences: readonly string[];
  /** What was expected and what was seen instead, when it doesn't agree. */
  readonly problem?: {
    readonly step: number;
    readonly expected: Expectation;
    readonly seen: Observation;
  };
}
