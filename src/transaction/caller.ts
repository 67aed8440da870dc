import type { Principal } from '../journal/approval-types.ts';
import type { ApprovalQuestion, ElicitAnswer } from './approval-types.ts';

/** Who asks, for the journal. */
export interface Caller {
  /** Correlation id of the call, as in the audit log. */
  readonly call: string;
  readonly tool: string;
  /** `claude-code 2.1.197 (alice)`. */
  readonly actor: string;
  /** The same without what changes between two calls of one assistant; absent: `actor` as a whole. */
  readonly principal?: Principal;
  /** Why the caller wants it, in its own words. */
  readonly reason?: string;
  /** Asks the client's human. Absent where the client can't; the policy has to allow it too. */
  readonly elicit?: (question: ApprovalQuestion) => Promise<ElicitAnswer>;
  readonly signal?: AbortSignal;
}
