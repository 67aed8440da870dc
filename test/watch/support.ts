import type { SeenCall } from '../../src/cli/watch/calls.ts';
import type { Watched } from '../../src/cli/watch/render.ts';
import type { SeenTransaction, WatchState } from '../../src/cli/watch/state.ts';
import type { ApprovalRow } from '../../src/journal/approval-types.ts';
import type { IncidentRow } from '../../src/journal/incident-types.ts';
import { NOON } from '../journal/support-rows.ts';

export function approval(id: string, text: string): ApprovalRow {
  return {
    ...{
      id,
      state: 'WAITING',
      digest: 'ab12'.repeat(16),
      subject: 's',
      client: text,
      user: 'alice',
    },
    ...{ actor: text, call: 'c', tool: 'mitigate_delete', kind: 'ask', rule: text, summary: text },
    ...{ reason: text, transaction: 'txn-7', requestedAt: NOON - 60_000, decideBy: NOON + 245_000 },
    ...{ useMs: 900_000, decidedAt: null, decidedBy: null, decidedWith: null, note: null },
    ...{ useBy: null, usedAt: null, usedCall: null },
  };
}

export function incident(id: string, text: string): IncidentRow {
  return {
    ...{ id, phase: 'mitigation', title: text, actor: text, cluster: text, attempt: 1 },
    ...{ attemptsAllowed: 3, openedAt: NOON - 240_000, closedAt: null, namespaces: [text] },
    ...{ severity: null, own: [], baseline: {}, outcome: null },
  };
}

export function seenTransaction(
  id: string,
  text: string,
  fields: Partial<SeenTransaction> = {},
): SeenTransaction {
  const point = (severity: number, unknowns = 0) => ({
    ...{ phase: 'settle' as const, at: NOON, severity, violations: 1, unknowns },
  });
  return {
    ...{ id, state: 'OPEN', needsHuman: false, reason: text, actor: text, incident: 'inc-2' },
    ...{ openedAt: NOON - 60_000, deadlineAt: NOON + 600_000, closedAt: null, outcome: null },
    ...{ commands: { used: 2, of: 5 }, objects: { used: 1, of: undefined } },
    ...{ baseline: 12, now: 3, trend: [point(12), point(6, 1), point(3)] },
    ...fields,
  };
}

export function call(id: string, text: string): SeenCall {
  return {
    ...{ call: id, seq: 1, at: NOON, tool: 'observe_health', actor: text, object: text },
    ...{ transaction: null, outcome: 'ok', decision: 'allow', rule: text, code: text },
    ...{ message: text, durationMs: 12, args: { text } },
  };
}

/** What is going on, with as many of each as asked and the same text wherever somebody else's may stand. */
export function watched(text: string, count = 1): Watched {
  const many = <T>(prefix: string, make: (id: string, text: string) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(`${prefix}${index + 1}`, text));
  const state: WatchState = {
    journal: text,
    at: NOON,
    approvals: many('approval-', approval),
    incidents: many('inc-', incident),
    transactions: many('txn-', seenTransaction),
    ended: [],
    writer: { pid: 4711, since: NOON - 60_000, description: text, alive: false },
    leases: [{ lease: text, epoch: 7, named: true }],
    calls: many('c', call),
  };
  return { journal: text, state, trouble: undefined, lease: undefined };
}
