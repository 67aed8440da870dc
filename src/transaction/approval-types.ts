import type { Json, JsonObject } from '../core/json.ts';

/** Why a person is needed. */
export type NeedKind = 'ask' | 'irreversible' | 'conflict';

/** One change of a plan, as a person sees it: redacted. */
export interface ShownChange {
  /** `Deployment/shop/web`. */
  readonly object: string;
  readonly summary: string;
  readonly verb: string;
  readonly class: string;
  /** The way back, or why there is none. */
  readonly undo: string;
  readonly diff: string;
  readonly kubectl: string;
  /** What the policy says about this change. */
  readonly policy: string;
  readonly warnings: readonly string[];
}

/** What a person is asked to approve. */
export interface ApprovalNeed {
  readonly kind: NeedKind;
  /** The tool of the call; the repeated call has to be of the same. */
  readonly tool: string;
  /** The rule or law that asks. */
  readonly rule: string;
  /** One sentence, redacted: `Deployment/shop/web: scale from 3 to 5 replicas`. */
  readonly summary: string;
  /** Why a person is needed: a sentence, redacted. */
  readonly why: string;
  /** What it is about, without values: a newer plan of the same subject cancels the older question. */
  readonly subject: Json;
  /** Exactly what will be done, with real values: goes into the digest and nowhere else. */
  readonly facts: JsonObject;
  readonly changes: readonly ShownChange[];
  /** More for the person to read, redacted: the conflict, who owns the fields, what is lost. */
  readonly notes?: readonly string[];
  readonly transaction?: string;
  /** When that transaction is taken back, wall ms: the person has to be quicker. */
  readonly deadlineAt?: number;
}

/** What the client shows to its human. */
export interface ApprovalQuestion {
  /** Plain text of some lines, redacted, without control characters. */
  readonly message: string;
  /** How long to wait for an answer, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * What the human said through the client. `unanswered`: cancelled, timed out, malformed, connection lost, or the client
 * can't. Only `yes` is a yes.
 */
export type ElicitAnswer = 'yes' | 'no' | 'unanswered';
