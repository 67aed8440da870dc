/** States of an approval. WAITING → APPROVED, REFUSED, EXPIRED or CANCELLED; APPROVED → USED or EXPIRED. */
export const ApprovalState = {
  /** A person was asked and has not answered. */
  WAITING: 'WAITING',
  /** Good for one run of exactly this plan by exactly this caller, until `useBy`. */
  APPROVED: 'APPROVED',
  REFUSED: 'REFUSED',
  /** Nobody decided in time, or what was approved did not run in time. */
  EXPIRED: 'EXPIRED',
  /** The question became pointless: its transaction ended, or the plan for the same objects is another one now. */
  CANCELLED: 'CANCELLED',
  /** Used up. Written before the first INTENT of what it allows, so it never allows twice. */
  USED: 'USED',
} as const;
export type ApprovalState = (typeof ApprovalState)[keyof typeof ApprovalState];

/** Whose approval it is: what stays the same between two calls of one assistant of one person. */
export interface Principal {
  /** The client's name without its version: an update in between changes nothing. */
  readonly client: string;
  /** OS user on stdio, token subject on HTTP. */
  readonly user: string;
}

export interface ApprovalRow {
  /** `approval-7`. */
  id: string;
  /** As of now: what is past its time reads EXPIRED although nobody has journaled that yet. */
  state: ApprovalState;
  /** HMAC of the plan, 64 hexadecimal digits: {@link ApprovalStore.digestOf}. */
  digest: string;
  /** The same for what it is about, without values: a newer plan for it cancels older questions. */
  subject: string;
  client: string;
  user: string;
  /** Who asked, as shown: with the client's version. */
  actor: string;
  /** Correlation id of the call that asked. */
  call: string;
  tool: string;
  /** Why a person is needed: `ask`, `irreversible`, `conflict`. */
  kind: string;
  /** The rule that asked. */
  rule: string;
  /** One sentence, redacted. */
  summary: string;
  /** The caller's words. */
  reason: string | null;
  transaction: string | null;
  /** Wall ms. */
  requestedAt: number;
  decideBy: number;
  /** How long an approval may be used after the decision, and how long a refusal is remembered, ms. */
  useMs: number;
  decidedAt: number | null;
  /** OS user who decided. */
  decidedBy: string | null;
  /** By which way: `command line`, `elicitation`. */
  decidedWith: string | null;
  note: string | null;
  useBy: number | null;
  usedAt: number | null;
  usedCall: string | null;
}

export type NewApproval = Pick<
  ApprovalRow,
  | 'digest'
  | 'subject'
  | 'client'
  | 'user'
  | 'actor'
  | 'call'
  | 'tool'
  | 'kind'
  | 'rule'
  | 'summary'
  | 'reason'
  | 'transaction'
  | 'useMs'
> & {
  /** How long a person may take, ms. */
  readonly decideMs: number;
};

export interface Decision {
  readonly to: 'APPROVED' | 'REFUSED';
  readonly by: string;
  readonly with: 'command line' | 'elicitation';
  readonly note?: string;
  /** The call under which the audit log has it; its start is journaled already. */
  readonly call: string;
}

/**
 * Approvals in the journal. Every change of state is one guarded UPDATE, durable on return, with its row in the audit
 * chain in the same SQLite transaction.
 */
export interface ApprovalStore {
  /**
   * HMAC-SHA-256 under a key that only this journal has. Not a bare hash: the text holds real values, and the digest
   * is shown to assistants, who could search a weak password by it.
   */
  digestOf(canonical: string): string;
  /**
   * Asks: returns the question that waits already, or journals a new one and cancels waiting ones of the same caller
   * and subject. `plan` is sealed.
   */
  request(approval: NewApproval, plan: Buffer): ApprovalRow;
  /** The newest approval of this plan for this caller, whatever its state. */
  find(digest: string, principal: Principal): ApprovalRow | undefined;
  get(id: string): ApprovalRow | undefined;
  /** Newest first. */
  list(filter: {
    states?: readonly ApprovalState[];
    transaction?: string;
    limit: number;
    offset?: number;
  }): { rows: ApprovalRow[]; total: number };
  /** What a person is shown. @throws StratusError journal_unavailable when the key doesn't fit. */
  plan(id: string): Buffer | undefined;
  /** WAITING → APPROVED or REFUSED. @returns whether it landed: false means decided, over or unknown. */
  decide(id: string, decision: Decision): boolean;
  /**
   * APPROVED → USED, by this call in this transaction.
   * @returns whether it landed; of several that try exactly one gets true
   */
  use(id: string, by: { readonly call: string; readonly transaction?: string }): boolean;
  /** WAITING → CANCELLED for all questions of a transaction that has ended. */
  cancel(transaction: string, why: string): void;
  /** Journals what is past its time. */
  expire(): void;
}
