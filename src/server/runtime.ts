import type { ClusterReader } from '../cluster/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Ids } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import type { Journal } from '../journal/types.ts';
import type { Policy } from '../policy/types.ts';
import type { SeverityMeter } from '../severity/types.ts';
import type { Offer } from '../tools/catalogue.ts';
import type { TransactionEngine } from '../transaction/types.ts';

/** What only exists once there is a cluster to talk to. */
export interface Workbench {
  readonly reader: ClusterReader;
  readonly meter: SeverityMeter;
  readonly engine: TransactionEngine;
}

/**
 * What all connections of one process share. Building it touches neither the cluster nor the
 * network, so that `initialize` is answered at once, with or without a kubeconfig.
 */
export interface Runtime {
  readonly version: string;
  readonly policy: Policy;
  /** Every tool, offered or not, sorted by name. */
  readonly offers: readonly Offer[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** Opened on first use; tried again after a failure. @throws StratusError journal_unavailable. */
  journal(): Promise<Journal>;
  /** Connected on first use; tried again after a failure. @throws StratusError cluster_not_configured and others. */
  cluster(): Promise<Workbench>;
  /** The same, after what a dead process left open was taken back: nothing is written before. */
  recovered(): Promise<Workbench>;
  /** Aborts when the process is leaving. */
  readonly stopping: AbortSignal;
  /** Lets `close` wait for a call, so that its outcome still reaches the audit log. */
  track<T>(call: Promise<T>): Promise<T>;
  /** Stops calls in flight and aborts open transactions, for at most `ms`. */
  close(ms: number): Promise<void>;
}
