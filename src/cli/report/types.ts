import type { Verification } from '../../journal/audit-chain.ts';
import type {
  AttemptRow,
  AuditRow,
  HypothesisRow,
  IncidentRow,
  PhaseRow,
  SampleRow,
  StepRow,
  TransactionRow,
} from '../../journal/types.ts';

/** What a step changed, masked; or why that can't be shown. */
export type StepDiff =
  | {
      readonly kind: 'diff';
      /** Unified diff of YAML; empty where nothing differs. */
      readonly text: string;
      /** No answer of the API server was seen: what its dry run had foretold. */
      readonly predicted: boolean;
    }
  | { readonly kind: 'none'; readonly why: string };

export interface ReportedStep {
  readonly step: StepRow;
  readonly diff: StepDiff;
}

export interface ReportedTransaction {
  readonly row: TransactionRow;
  readonly steps: readonly ReportedStep[];
  readonly samples: readonly SampleRow[];
  /** Its rows of the audit log, oldest first. */
  readonly rows: readonly AuditRow[];
  readonly attempt: AttemptRow | undefined;
}

export interface ReportedIncident {
  readonly row: IncidentRow;
  readonly history: readonly PhaseRow[];
  readonly hypotheses: readonly HypothesisRow[];
  readonly attempts: readonly AttemptRow[];
}

/** Everything that a page shows: read from the journal, masked, not yet markup. */
export interface Report {
  /** The incident that it is about; absent for a transaction alone. */
  readonly incident?: ReportedIncident;
  /** In order. Those that were pruned are missing. */
  readonly transactions: readonly ReportedTransaction[];
  /** Rows of the audit log for the timeline, oldest first. */
  readonly rows: readonly AuditRow[];
  /** Rows that were left out of the timeline. */
  readonly more: number;
  readonly chain: Verification;
  /** When it was made, wall ms. */
  readonly at: number;
  /** Of the stratus-mcp that made it. */
  readonly version: string;
}
