import { expect, test } from 'vitest';
import type { Json } from '../../../src/core/json.ts';
import type { Verdict, Violation } from '../../../src/severity/types.ts';
import { commitPayload } from '../../../src/tools/transaction/commit.ts';
import { afterUndo } from '../../../src/tools/transaction/payload.ts';
import type { TransactionView, UndoReport } from '../../../src/transaction/types.ts';

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const view: TransactionView = {
  id: 'txn-7',
  state: 'ABORTED',
  reason: 'repair web',
  actor: 'test',
  openedAt: 0,
  deadlineAt: 1_800_000,
  namespaces: ['shop'],
  bounds: {
    commands: 20,
    minutes: 30,
    objects: 20,
    replicas: 20,
    replicaChange: 5,
    podsAtRisk: 30,
  },
  steps: [],
  severityBefore: 2,
  severityAfter: 48,
  mine: true,
};
const outage: Violation = {
  id: 'outage|Deployment/shop/web|Outage',
  predicate: 'outage',
  object: web,
  reason: 'Outage',
  message: 'Deployment shop/web: none of 3 replicas is available',
  weight: 20,
  value: 1,
};
const verdict: Verdict = {
  pass: false,
  severityBefore: 2,
  severityAfter: 48,
  findings: [{ rule: 'G2', ok: false, message: 'Severity 2 → 48.' }],
  appeared: [outage],
  disappeared: [],
  summary: 'Refused by G2: severity 2 → 48',
};
const undo: UndoReport = {
  complete: true,
  summary: 'Taken back and verified.',
  objects: [{ object: web, state: 'UNDONE', how: 'put back', residual: [], conflicts: [] }],
};
const count = (text: string, part: string) => text.split(part).length - 1;

test('an undone commit says each thing once', () => {
  const answer = commitPayload({
    kind: 'undone',
    transaction: view,
    verdict,
    reason: verdict.summary,
    undo,
  });
  expect(answer.summary).toBe(
    'txn-7 was taken back, not committed: Refused by G2: severity 2 → 48. Taken back and verified.',
  );
  const text = JSON.stringify(answer);
  for (const once of [verdict.summary, undo.summary, 'Deployment shop/web: none of 3']) {
    expect(count(text, once)).toBe(1);
  }
});

test('asked again about a closed transaction, it does not tell its outcome twice', () => {
  const outcome = `${verdict.summary} ${undo.summary}`;
  const again = commitPayload({
    kind: 'undone',
    transaction: view,
    verdict,
    reason: outcome,
    undo: { ...undo, summary: outcome },
  });
  expect(count(JSON.stringify(again), verdict.summary)).toBe(1);
});

test('a refused transaction on its way back is not called undecided', () => {
  const settling = { kind: 'settling', unsettled: ['web'] } as const;
  const open = commitPayload({ ...settling, transaction: { ...view, state: 'SETTLING' } });
  expect(open.summary).toContain('nothing is decided yet');
  const refused = { ...view, state: 'ABORTING', verdict } as const;
  expect(commitPayload({ ...settling, transaction: refused }).summary).toContain(verdict.summary);
});

test('what to do after taking back depends on what is left', () => {
  expect(afterUndo(view, undo)).toContain('observe_health');
  expect(afterUndo({ ...view, state: 'OPEN' }, undo)).toContain('still open');
  const incomplete = { ...undo, complete: false };
  expect(afterUndo(view, incomplete)).toMatch(/Every object is as before, but severity is not/);
  const conflict: UndoReport = {
    ...incomplete,
    objects: undo.objects.map((item) => ({ ...item, conflicts: ['spec.replicas'] })),
  };
  expect(afterUndo(view, conflict)).toMatch(/the objects listed.*transactions accept txn-7/s);
  const overlap: UndoReport = {
    ...incomplete,
    objects: undo.objects.map((item) => ({ ...item, state: 'UNDO_CONFLICT' })),
  };
  const committed = { ...view, state: 'COMMITTED' } as const;
  expect(afterUndo(committed, overlap)).toMatch(/stays committed.*"force".*"keep_theirs"/s);
});

test('what was deleted for good after the commit is not promised back', () => {
  const shop = { apiVersion: 'v1', kind: 'Namespace', name: 'shop' };
  const step: TransactionView['steps'][number] = {
    ...{ seq: 1, command: 1, tool: 'mitigate_delete', verb: 'delete', object: shop },
    ...{ state: 'VERIFIED', class: 'irreversible', kubectl: 'kubectl delete namespace/shop' },
    ...{ deferred: 'DONE', residual: [], conflicts: [] },
  };
  const kept = { ...view, state: 'COMMITTED' } as const;
  const next = (transaction: TransactionView) =>
    commitPayload({ kind: 'committed', transaction, verdict: { ...verdict, pass: true } }).next;
  expect(next(kept)).toContain('undo_transaction takes it all back');
  expect(next({ ...kept, steps: [step] })).toMatch(/can't take it back.*Namespace shop is gone/);
  const lost: UndoReport = {
    complete: false,
    summary: '',
    objects: [{ ...step, state: 'UNDO_IMPOSSIBLE', how: 'removed for good' }],
  };
  expect(afterUndo(kept, lost)).not.toContain('keep_theirs');
});

test('a decision is offered where one helps: not for an address that somebody else has', () => {
  const nextOf = (conflict: Json) => {
    const left = {
      object: web,
      state: 'UNDO_CONFLICT',
      how: 'left as it is',
      residual: [],
    } as const;
    const objects = [{ ...left, conflicts: [conflict] }];
    return afterUndo({ ...view, state: 'ABORT_INCOMPLETE' }, { ...undo, complete: false, objects });
  };
  const path = 'spec.clusterIP';
  expect(nextOf({ path, before: 'a', now: 'b' })).toContain('transactions resolve txn-7');
  const taken = { path, before: 'a', note: 'Service shop/thief has it now' };
  for (const conflict of [taken, 'provided IP is already allocated']) {
    expect(nextOf(conflict)).not.toContain('transactions resolve');
    expect(nextOf(conflict)).toContain('transactions accept txn-7');
  }
});
