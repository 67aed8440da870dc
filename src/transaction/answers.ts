import type { ObjectKey, WriteOutcome } from '../cluster/types.ts';
import { type ErrorCode, StratusError } from '../core/errors.ts';
import { describeRef } from '../core/kube.ts';
import { plainText } from '../core/plain-text.ts';
import { redactText } from '../core/redact.ts';
import { codeOfUnsent, LEASE_LOST } from '../core/unsent.ts';
import type { RedactionSettings } from '../policy/types.ts';

export function nameOfKey(key: ObjectKey): string {
  return describeRef({ kind: key.resource.kind, namespace: key.namespace, name: key.name });
}

/** Turns a refusal of the API server into an error that teaches. `what` is `The dry run`, `The write`. */
export function refusal(
  key: ObjectKey,
  outcome: Extract<WriteOutcome, { kind: 'rejected' }>,
  code: ErrorCode,
  what: string,
  redaction: RedactionSettings,
): StratusError {
  const shown = (text: string) => plainText(redactText(text, redaction));
  if (outcome.status === 0 && outcome.reason === LEASE_LOST) {
    return new StratusError(
      'lease_lost',
      `${what} of ${nameOfKey(key)} was not sent: ${outcome.message}`,
    );
  }
  const causes = outcome.causes.map(({ field, message }) =>
    shown(field ? `${field}: ${message}` : message),
  );
  const blind = outcome.message.startsWith('the server rejected our request');
  return new StratusError(
    codeOf(outcome, code),
    `${what} of ${nameOfKey(key)} was refused by the API server: ${shown(outcome.message)}`,
    {
      rule: `${outcome.status} ${outcome.reason}`,
      ...(causes.length > 0 ? { details: { causes: causes.slice(0, 10) } } : {}),
      ...(blind
        ? {
            next: 'The API server gives no reason. A JSON patch may name a path that is not there; look with observe_get.',
          }
        : {}),
      ...(isFixed(outcome)
        ? {
            next: 'That is fixed when the object is created. Replace the object: mitigate_delete, then mitigate_apply with mode create, in one mitigate_batch; both are taken back together.',
          }
        : {}),
      ...(outcome.status === 429
        ? {
            next: 'The API server is overloaded or limits this identity (priority and fairness). Wait some seconds, then call again.',
          }
        : {}),
      ...(outcome.reason === 'Conflict' && causes.length > 0
        ? {
            next: 'Other field managers own these fields. Leave them out of the manifest, or change them where they are managed; fields are never taken by force.',
          }
        : {}),
    },
  );
}

/** True for a field that the API server lets nobody change: selector, roleRef, serviceName, a template of a Job. */
function isFixed({ status, message }: Extract<WriteOutcome, { kind: 'rejected' }>): boolean {
  return (
    status === 422 && /immutable|cannot change roleRef|updates to statefulset spec/.test(message)
  );
}

function codeOf(
  outcome: Extract<WriteOutcome, { kind: 'rejected' }>,
  otherwise: ErrorCode,
): ErrorCode {
  if (outcome.status === 0) return codeOfUnsent(outcome);
  if (outcome.status === 401) return 'unauthenticated';
  // A 403 that names no verb of RBAC comes from admission (quota, pod security): a finding, not a permission.
  if (outcome.status === 403 && /cannot \w+ resource/.test(outcome.message)) return 'forbidden';
  if (outcome.status === 409) return 'conflict';
  return otherwise;
}

/** Somebody else holds the lock. */
export function lockBusy(holder: {
  pid: number;
  since: number;
  description: string;
}): StratusError {
  const since = new Date(holder.since).toISOString();
  return new StratusError(
    'writer_busy',
    `Another server writes with this journal (pid ${holder.pid}, since ${since}).`,
    { rule: 'A1 writer exclusivity' },
  );
}
