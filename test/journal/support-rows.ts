import type { CallStart, StepRow, TransactionRow } from '../../src/journal/types.ts';

/** 2026-03-01 12:00:00 UTC. */
export const NOON = Date.UTC(2026, 2, 1, 12);

export function transaction(fields: Partial<TransactionRow> = {}): Omit<TransactionRow, 'id'> {
  return {
    epoch: 1,
    state: 'OPEN',
    reason: 'catalog crash-loops',
    actor: 'claude-code 2.1.197 (alice)',
    cluster: 'shop-prod https://shop.example:6443',
    policyDigest: 'sha256:d1',
    openedAt: NOON,
    deadlineAt: NOON + 600_000,
    decidedAt: null,
    closedAt: null,
    bounds: { commands: 5 },
    scope: { namespaces: ['shop'] },
    declaredReductions: [],
    before: null,
    after: null,
    afterUndo: null,
    verdict: null,
    outcome: null,
    ...fields,
  };
}

export function step(fields: Partial<StepRow> = {}): StepRow {
  const { transaction: txn = 'txn-1', seq = 1 } = fields;
  return {
    transaction: txn,
    seq,
    command: 1,
    tool: 'mitigate_set_container',
    verb: 'patch',
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    plural: 'deployments',
    namespace: 'shop',
    name: 'catalog',
    class: 'exact',
    state: 'INTENT',
    intentId: `${txn}-${seq}`,
    attempt: 1,
    uid: 'u-1',
    baseResourceVersion: '100',
    sentAt: null,
    httpStatus: null,
    error: null,
    postResourceVersion: null,
    postUid: null,
    rehearsal: null,
    kubectl: 'kubectl -n shop set image deployment/catalog app=shop/catalog:1.2',
    residual: [],
    conflicts: [],
    ...fields,
  };
}

export function call(id: string, fields: Partial<CallStart> = {}): CallStart {
  return {
    call: id,
    actor: { client: 'claude-code 2.1.197', principal: 'alice', session: 'session-1' },
    tool: 'observe_list',
    args: { namespace: 'shop' },
    ...fields,
  };
}
