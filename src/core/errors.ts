import type { JsonObject } from './json.ts';

/**
 * Every error a caller can meet: code → what to do next when the thrower names nothing better.
 * A code says who can act: the caller (`invalid_*`, `not_found`), the policy's owner (`policy_*`),
 * time (`writer_busy`, `cluster_unreachable`) or a human (`needs_*`, `undo_*`).
 */
export const ERROR_CATALOGUE = {
  invalid_arguments: 'Correct the arguments and call again.',
  invalid_manifest:
    'Correct the manifest and call again; mitigate_* with dry_run shows what the API server says.',
  not_found: 'Check the name and namespace with observe_list.',
  unknown_resource: 'Use a kind, plural or short name that the cluster serves.',
  ambiguous_resource: 'Name the group too, as plural.group.',
  forbidden: 'The identity of this server lacks the permission; ask its administrator.',
  unauthenticated: 'Renew the credentials of the kubeconfig and call again.',
  cluster_not_configured:
    'Set KUBECONFIG or --kubeconfig to a kubeconfig file and restart the server.',
  cluster_unreachable: 'Check that the API server is up and reachable, then call again.',
  cluster_error: 'Read the message of the API server, correct the call and try again.',
  policy_refused: 'Choose a change that the policy allows, or ask its owner to allow this one.',
  needs_approval:
    'Reads and control tools can not be approved one by one; ask the owner of the policy.',
  approval_required: 'A human has to approve this plan; then repeat the very same call.',
  approval_refused: 'A human said no to this plan. Choose another change, or talk to the person.',
  bound_exceeded: 'Commit or abort this transaction, then go on in a new one.',
  irreversible: 'Choose a change that can be undone.',
  undo_impossible: 'The step was taken back; choose a change that can be undone.',
  conflict: 'The object changed meanwhile. Read it again and plan from what it is now.',
  dry_run_rejected: 'The API server would refuse this change. Correct it and call again.',
  no_change: 'Nothing to do: the object already is as asked.',
  transaction_required: 'Open a transaction with transaction_begin first.',
  transaction_not_found: 'List transactions with transaction_status.',
  transaction_state: 'Look at the transaction with transaction_status.',
  incident_not_found: 'List incidents with incident_status.',
  incident_required: 'Open an incident with incident_open first.',
  incident_phase: 'Look at the incident with incident_status: it says what is allowed next.',
  writer_busy: 'Wait until the other transaction ends; transaction_status shows it.',
  lease_lost:
    'Look with transaction_status: what was written is taken back as soon as the Lease can be had again.',
  recovery_pending: 'An earlier transaction needs a human first; see transaction_status.',
  outcome_unknown: 'The transaction was aborted; look at it with transaction_status.',
  undo_conflict:
    'Somebody else changed the same fields. A human has to decide; see transaction_status.',
  reconciler_fight:
    'Somebody else keeps the field as it is, so the transaction was undone. Change it where it is managed.',
  unsettled: 'The cluster did not settle in time, so the transaction was undone.',
  gate_refused: 'The transaction was undone. Read the verdict and try something different.',
  severity_unknown:
    'Severity could not be measured, so nothing may be committed. Fix the measurement first.',
  journal_unavailable:
    'Check the journal file, its permissions and its disk, then restart the server.',
  policy_invalid:
    'Correct the policy file and restart; `stratus-mcp policy check FILE` shows the line.',
  cancelled: 'The call was cancelled; transaction_status shows what is open.',
  internal: 'This is a defect of stratus-mcp; its log on stderr has the details.',
} as const;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** What an error left behind: nothing changed, something did, or nobody knows. */
export type Changed = 'nothing' | 'something' | 'unknown';

export interface ErrorFacts {
  /** The rule, bound or API server reason that said no. */
  rule?: string;
  /** What to call or do instead; the catalogue's sentence when absent. */
  next?: string;
  changed?: Changed;
  /** More facts for the caller: field paths, live values, the holder of a lock. Never secrets. */
  details?: JsonObject;
  cause?: unknown;
}

/** The one error type that may reach a client. Its message is one plain sentence. */
export class StratusError extends Error {
  readonly code: ErrorCode;
  readonly rule: string | undefined;
  readonly next: string;
  readonly changed: Changed;
  readonly details: JsonObject | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'StratusError';
    this.code = code;
    this.rule = facts.rule;
    this.next = facts.next ?? ERROR_CATALOGUE[code];
    this.changed = facts.changed ?? 'nothing';
    this.details = facts.details;
  }
}

/** Turns whatever was thrown into a StratusError; a stranger becomes `internal` with its message kept as cause. */
export function toStratusError(thrown: unknown): StratusError {
  if (thrown instanceof StratusError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') {
    return new StratusError('cancelled', 'The call was cancelled.', {
      changed: 'unknown',
      cause: thrown,
    });
  }
  return new StratusError('internal', 'stratus-mcp failed inside.', {
    changed: 'unknown',
    cause: thrown,
  });
}
