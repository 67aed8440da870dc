import type { JsonObject } from '../core/json.ts';
import type { Verification } from './audit-chain.ts';

/** Who called, as far as the transport tells. */
export interface Actor {
  /** `claude-code 2.1.197`, `cli`. */
  readonly client: string;
  /** OS user on stdio, token subject on HTTP. */
  readonly principal: string;
  /** Id of the connection; for correlation only, nothing depends on it. */
  readonly session: string;
}

export interface CallStart {
  /** Correlation id of the call, a UUID. */
  readonly call: string;
  readonly actor: Actor;
  readonly tool: string;
  /** Redacted arguments. */
  readonly args: JsonObject;
  readonly namespace?: string;
  /** `Deployment/catalog`. */
  readonly object?: string;
  readonly transaction?: string;
  /** The client's own id of the call (`_meta["claudecode/toolUseId"]`), if it sent one. */
  readonly clientCall?: string;
}

export interface CallEnd {
  readonly call: string;
  readonly decision: 'allow' | 'ask' | 'refuse' | 'none';
  readonly rule?: string;
  readonly outcome: 'ok' | 'refused' | 'failed';
  readonly code?: string;
  readonly message?: string;
  readonly durationMs: number;
  readonly transaction?: string;
  readonly namespace?: string;
  readonly object?: string;
  readonly severityBefore?: number;
  readonly severityAfter?: number;
}

/** One row of the audit chain. `kind` tells what `detail` holds. */
export interface AuditRow {
  readonly seq: number;
  /** Wall ms. */
  readonly at: number;
  readonly kind:
    | 'call'
    | 'outcome'
    | 'transaction'
    | 'step'
    | 'policy'
    | 'server'
    | 'recovery'
    | 'incident';
  readonly call: string | null;
  readonly client: string | null;
  readonly principal: string | null;
  readonly session: string | null;
  readonly tool: string | null;
  readonly namespace: string | null;
  readonly object: string | null;
  readonly transaction: string | null;
  readonly decision: string | null;
  readonly rule: string | null;
  readonly outcome: string | null;
  readonly detail: JsonObject;
  /** SHA-256 over the row and the hash before it, hex. */
  readonly hash: string;
}

export interface AuditEvent {
  readonly kind: AuditRow['kind'];
  readonly call?: string;
  readonly transaction?: string;
  readonly namespace?: string;
  readonly object?: string;
  readonly tool?: string;
  readonly decision?: string;
  readonly rule?: string;
  readonly outcome?: string;
  readonly detail: JsonObject;
}

export interface AuditFilter {
  readonly since?: number;
  readonly until?: number;
  readonly tool?: string;
  readonly namespace?: string;
  readonly object?: string;
  readonly transaction?: string;
  /** Matches client, principal or session. */
  readonly actor?: string;
  readonly decision?: string;
  readonly outcome?: string;
  readonly kinds?: readonly AuditRow['kind'][];
  /** Rows at most, newest first. */
  readonly limit: number;
  /** `seq` of the last row of the page before. */
  readonly before?: number;
}

/** A page of the audit log, newest first. */
export interface AuditPage {
  readonly rows: AuditRow[];
  /** How many rows match, on this page and all others. */
  readonly total: number;
  /** There may be more than `total`: they were not all counted. */
  readonly totalAtLeast?: true;
  /** `before` of the next page; absent on the last. */
  readonly nextBefore?: number;
}

export interface AuditLog {
  /**
   * Journals a call before anything else happens. It outlives this process at once, and a power loss
   * from the next synced write on: the intent of a change, at the latest.
   */
  start(call: CallStart): void;
  /** `synced`: on the disk, with everything before it, when it returns. */
  end(end: CallEnd, options?: { readonly synced?: boolean }): void;
  append(event: AuditEvent): void;
  query(filter: AuditFilter): AuditPage;
  /** `seq` of the newest row; 0 while there is none. */
  head(): number;
  /** Rows after `seq`, oldest first. */
  after(seq: number, limit: number): AuditRow[];
  /** All rows of a transaction, oldest first. */
  story(transaction: string): AuditRow[];
  /** Streams the whole log, oldest first. */
  export(filter: Omit<AuditFilter, 'limit' | 'before'>): Iterable<AuditRow>;
  /** Recomputes the chain, from the last pruned row on. */
  verify(): Verification;
}
