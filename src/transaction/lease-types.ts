import type { LeaseName } from '../core/settings.ts';

/** How long a Lease lasts without being renewed, in seconds: long enough to outlast a slow API server. */
export const LEASE_SECONDS = 15;

export interface LeaseSettings extends LeaseName {
  /** Seconds until others may take over what is not renewed. */
  readonly seconds: number;
}

/** What the Lease says of itself, for people. */
export interface LeaseView {
  /** `kube-system/stratus-mcp`. */
  readonly lease: string;
  /** leaseTransitions: each holder's, one higher than that of the one before. */
  readonly epoch: number;
  /** Absent when nobody holds it. */
  readonly holder?: {
    readonly host: string;
    readonly pid?: number;
    readonly journal?: string;
    /** RFC 3339, by the holder's clock. */
    readonly since?: string;
    readonly renewed?: string;
  };
  /** A transaction that is not finished, as the one who began it has marked it. */
  readonly open?: {
    readonly host: string;
    readonly journal: string;
    readonly transaction: string;
    readonly epoch: number;
  };
  /** All of this for a reader. */
  readonly sentence: string;
  /** True when this process holds it. */
  readonly mine: boolean;
  /** True when the open transaction is in this journal. */
  readonly here: boolean;
}

/** Leave to send one write, or why there is none. */
export type Permit =
  | {
      readonly kind: 'granted';
      /** Aborts when the Lease runs out while the request is under way. */
      readonly signal: AbortSignal;
      /** Whether it may still leave; to be asked at the last moment. */
      readonly holds: () => boolean;
      /** To be called when the request has ended. */
      readonly done: () => void;
    }
  | { readonly kind: 'refused'; readonly why: string };

export interface AcquireOptions {
  /** Tells one cluster from another in the journal's notes. */
  readonly cluster: string;
  /** A transaction that is to be named from the start: one that is taken up again. */
  readonly open?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The right to write to a cluster, of which there is one among all machines (A1). */
export interface WriterLease {
  /** False where the setting is `off`: then only the journal's lock keeps other writers out. */
  readonly shared: boolean;
  /** `kube-system/stratus-mcp`. */
  readonly label?: string;
  /** leaseTransitions of the acquisition that holds now. */
  readonly epoch: number | undefined;
  /**
   * Takes it, waiting for a dead holder's to run out.
   * @throws StratusError writer_busy with the holder; forbidden, not_found or cluster_unreachable
   */
  acquire(options: AcquireOptions): Promise<void>;
  /** Names the transaction on the Lease: from here on its expiry alone gives it to nobody else. @throws StratusError */
  mark(transaction: string): Promise<void>;
  /** Gives it free. Goes on naming `open`, which isn't finished. Never throws: a Lease that can't be given back runs out. */
  release(open: string | undefined): Promise<void>;
  /** Stops using it, as it is: it runs out, and goes on naming what it names. */
  abandon(): void;
  /** Whether the Lease may still name this journal although nobody holds it here. */
  untidy(cluster: string): boolean;
  permit(): Promise<Permit>;
  /** Told when somebody else took or removed it. */
  onLost(listener: (why: string) => void): void;
  /** Undefined where there is none. @throws StratusError */
  look(options: { timeoutMs: number }): Promise<LeaseView | undefined>;
  /**
   * Takes it from a holder that was seen not to renew for as long as it lasts, and removes the mark of its transaction.
   * @returns what it said before
   */
  break(cluster: string, signal?: AbortSignal): Promise<LeaseView>;
}
