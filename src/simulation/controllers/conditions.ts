import { type JsonObject, objectsOf } from '../../core/json.ts';

export interface Draft {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/**
 * Conditions with one set: its transition time moves with its status; with the same status and
 * reason it stays as it is.
 */
export function withCondition(
  conditions: JsonObject[string],
  draft: Draft,
  now: string,
  times: 'lastUpdateTime' | 'none' = 'none',
): JsonObject[] {
  const all = objectsOf(conditions);
  const before = all.find((it) => it.type === draft.type);
  const isSame = before?.status === draft.status && before.reason === draft.reason;
  if (before !== undefined && isSame && (times !== 'none' || before.message === draft.message)) {
    return all;
  }
  const since = before?.status === draft.status ? before.lastTransitionTime : now;
  const { type, status, reason, message } = draft;
  const next: JsonObject = {
    type,
    status,
    ...(times === 'none' ? {} : { lastUpdateTime: now }),
    lastTransitionTime: since,
    ...(reason === '' ? {} : { reason }),
    ...(message === '' ? {} : { message }),
  };
  return [...all.filter((it) => it.type !== draft.type), next];
}

export function withoutCondition(conditions: JsonObject[string], type: string): JsonObject[] {
  return objectsOf(conditions).filter((it) => it.type !== type);
}
