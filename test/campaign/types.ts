import type { ClusterKind, ControlPlane, ControlPlaneClient } from '../cluster/types.ts';

/** What one run of a campaign was asked for, and what it runs on. */
export interface CampaignRun {
  /** Repeats a run: all randomness of the campaign follows from it. */
  readonly seed: number;
  /** How much to do, in the campaign's own unit. */
  readonly size: number;
  /** Words given with `--only`; empty: everything. */
  readonly only: readonly string[];
  /** Tells on stderr what goes on. */
  readonly say: (line: string) => void;
  /** The control plane to work on, started when it is first asked for. */
  readonly cluster: () => Promise<ControlPlaneClient & Pick<ControlPlane, 'realNodes'>>;
  /** What that control plane's pods are; simulated when absent. */
  readonly clusterKind?: ClusterKind;
  /** A folder that goes away with the run. */
  readonly folder: string;
  /** True once somebody wants the report of what was made so far. */
  readonly stopped?: () => boolean;
}

/** Something that has to be true of every run. */
export interface Invariant {
  readonly name: string;
  /** How often it was looked at. An invariant that was never looked at does not hold. */
  readonly checked: number;
  /** What was found against it, one sentence each, with what repeats it. */
  readonly broken: readonly string[];
}

export interface CampaignReport {
  readonly columns: readonly string[];
  /** One row for each case, a cell for each column. */
  readonly rows: readonly (readonly (string | number)[])[];
  readonly totals: Readonly<Record<string, number>>;
  readonly invariants: readonly Invariant[];
  /** What the reader should know of it: what was left out, and why. */
  readonly notes?: readonly string[];
}

export interface Campaign {
  /** As in `npm run NAME`. */
  readonly name: string;
  /** What it shows, one sentence. */
  readonly about: string;
  /** What `size` counts, and the two sizes: of CI and of a person who wants the whole. */
  readonly size: { readonly unit: string; readonly ci: number; readonly full: number };
  /** The kinds of cluster it runs on, by `--cluster`; the first is the default. Simulated pods alone when absent. */
  readonly clusters?: readonly ClusterKind[];
  /** Looks at `stopped`: a first Ctrl-C ends it with its report. */
  readonly stops?: boolean;
  /** Never throws for a broken invariant: that is what the report is for. */
  run(run: CampaignRun): Promise<CampaignReport>;
}
