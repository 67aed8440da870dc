import { expect, test } from 'vitest';
import { StratusError } from '../../src/core/errors.ts';
import type { IncidentPhase } from '../../src/journal/incident-types.ts';
import { openSqlite } from '../../src/journal/sqlite.ts';
import type { TransactionState } from '../../src/journal/types.ts';
import { openedJournal, writingJournal } from '../journal/support.ts';
import { transaction } from '../journal/support-rows.ts';
import { incident, note } from './rows.ts';

/** A journal with an incident in mitigation and its transaction. */
function underWay(attemptsAllowed = 3) {
  const { journal, path, epoch } = writingJournal();
  const { incidents, transactions } = journal;
  const { id } = incidents.open(incident({ attemptsAllowed }), note);
  const go = (from: IncidentPhase, to: IncidentPhase, attempt = 1) =>
    incidents.move(id, { from, to, attempt }, note);
  go('detection', 'diagnosis');
  incidents.record(id, { cause: 'a wrong image', evidence: ['ErrImagePull'] }, note);
  go('diagnosis', 'mitigation');
  const txn = transactions.create(transaction({ epoch }), id);
  const move = (from: TransactionState, to: TransactionState) =>
    transactions.move(txn.id, [from], to, epoch, { outcome: 'said so' });
  const phase = () => incidents.get(id)?.phase;
  return { journal, path, epoch, incidents, transactions, id, txn, go, move, phase };
}

test('an incident, its history, hypotheses and attempts are there for whoever opens the journal next', () => {
  const { path, id, txn, incidents } = underWay();
  const later = openedJournal(path);
  expect(later.incidents.get(id)).toMatchObject({ phase: 'mitigation', attempt: 1, severity: 4.5 });
  expect(later.incidents.history(id).map(({ from, to }) => [from, to])).toEqual([
    [null, 'detection'],
    ['detection', 'diagnosis'],
    ['diagnosis', 'mitigation'],
  ]);
  expect(later.incidents.hypotheses(id)).toMatchObject([
    { seq: 1, attempt: 1, cause: 'a wrong image', evidence: ['ErrImagePull'] },
  ]);
  expect(later.incidents.attempts(id)).toEqual([{ incident: id, attempt: 1, transaction: txn.id }]);
  expect(incidents.ofTransaction(txn.id)).toEqual({
    incident: id,
    attempt: 1,
    transaction: txn.id,
  });
  expect(incidents.list({ phases: ['mitigation'], limit: 5 })).toMatchObject({ total: 1 });
  expect(incidents.list({ phases: ['resolved'], limit: 5 })).toMatchObject({ total: 0, rows: [] });
  expect(later.audit.verify()).toMatchObject({ ok: true });
});

test('of two who move it at once, one is refused', () => {
  const { path, incidents, id } = underWay();
  const other = openedJournal(path).incidents;
  const move = { from: 'mitigation', to: 'escalated', attempt: 1 } as const;
  expect([other.move(id, move, note), incidents.move(id, move, note)]).toEqual([true, false]);
  expect(incidents.history(id).filter(({ to }) => to === 'escalated')).toHaveLength(1);
});

test('what has ended is not moved any more, not even past this program', () => {
  const { incidents, id } = underWay();
  incidents.move(id, { from: 'mitigation', to: 'escalated', attempt: 1 }, note);
  expect(() =>
    incidents.move(id, { from: 'escalated', to: 'diagnosis', attempt: 1 }, note),
  ).toThrow(StratusError);
  expect(incidents.record(id, { cause: 'x', evidence: ['y'] }, note)).toBeUndefined();
});

test('a commit takes it to validation, an undo of that to the next attempt', () => {
  const { move, phase, incidents, id, txn } = underWay();
  move('OPEN', 'SETTLING');
  expect(phase()).toBe('mitigation');
  move('SETTLING', 'COMMIT_DECIDED');
  move('COMMIT_DECIDED', 'FINALIZING');
  expect(phase()).toBe('mitigation');
  move('FINALIZING', 'COMMITTED');
  expect(phase()).toBe('validation');
  move('COMMITTED', 'UNDOING');
  expect(phase()).toBe('undoing');
  move('UNDOING', 'UNDONE');
  expect(incidents.get(id)).toMatchObject({ phase: 'diagnosis', attempt: 2 });
  expect(incidents.history(id).at(-1)).toMatchObject({
    ...{ from: 'undoing', to: 'diagnosis', actor: null, transaction: txn.id },
    why: `${txn.id} is UNDONE: said so`,
  });
});

test('what could not be taken back whole stays in undoing until it is', () => {
  const { move, phase } = underWay();
  move('OPEN', 'ABORTING');
  move('ABORTING', 'ABORT_INCOMPLETE');
  expect(phase()).toBe('undoing');
  move('ABORT_INCOMPLETE', 'ABORTING');
  move('ABORTING', 'ABORTED');
  expect(phase()).toBe('diagnosis');
});

test('a person who accepts what was left open takes it through undoing at once', () => {
  const { move, incidents, id } = underWay();
  move('OPEN', 'ABORTED');
  const moves = incidents.history(id).map(({ to }) => to);
  expect(moves.slice(-2)).toEqual(['undoing', 'diagnosis']);
});

test('after the last attempt it is escalated, with the count', () => {
  const { move, incidents, id } = underWay(1);
  move('OPEN', 'ABORTING');
  move('ABORTING', 'ABORTED');
  expect(incidents.get(id)).toMatchObject({ phase: 'escalated', attempt: 1 });
  expect(incidents.get(id)?.outcome).toMatch(/All 1 attempts are used up/);
  expect(incidents.get(id)?.closedAt).not.toBeNull();
});

test('an attempt has one transaction, and only mitigation opens it', () => {
  const { transactions, epoch, id, incidents, move } = underWay();
  const again = () => transactions.create(transaction({ epoch }), id);
  expect(again).toThrow(/has a transaction already/);
  move('OPEN', 'ABORTED');
  expect(again).toThrow(StratusError);
  // Nothing of the refused ones is left.
  expect(transactions.list({ limit: 9 }).total).toBe(1);
  expect(incidents.attempts(id)).toHaveLength(1);
});

test('a transaction begun meanwhile holds an incident that would be moved on without one', () => {
  const { incidents, id } = underWay();
  const move = { from: 'mitigation', to: 'diagnosis', attempt: 1, untouched: true } as const;
  expect(incidents.move(id, move, note)).toBe(false);
});

test('the transaction of an earlier attempt moves nothing', () => {
  const { move, go, phase, incidents, id } = underWay();
  move('OPEN', 'COMMITTED');
  incidents.move(id, { from: 'validation', to: 'diagnosis', attempt: 1, next: true }, note);
  go('diagnosis', 'mitigation', 2);
  move('COMMITTED', 'UNDOING');
  move('UNDOING', 'UNDONE');
  expect(phase()).toBe('mitigation');
});

test('what is over leaves with its time; what is open stays', () => {
  const { journal, incidents, id } = underWay();
  const over = incidents.open(incident({ phase: 'escalated', closedAt: 5, outcome: 'x' }), note).id;
  incidents.record(id, { cause: 'x', evidence: ['y'] }, note);
  const rule = { before: 10 };
  const start = {
    actor: { client: 'cli', principal: 'a', session: 's' },
    tool: 'cli prune',
    args: {},
  };
  journal.audit.start({ call: 'call-9', ...start });
  const work = journal.retention.prune(journal.retention.plan(rule), rule, {
    call: 'call-9',
    rows: 9,
  });
  for (const _ of work);
  expect(incidents.get(over)).toBeUndefined();
  expect(incidents.history(over)).toEqual([]);
  expect(incidents.history(id).length).toBeGreaterThan(0);
});

test('v_incidents shows people how each stands', () => {
  const { path, move, txn } = underWay(1);
  move('OPEN', 'ABORTED');
  const sql = openSqlite(path, { readonly: true });
  const query =
    'SELECT incident, phase, attempt, opened_utc, closed_utc, severity, txns, outcome FROM v_incidents';
  const [row] = sql.prepare(query).all();
  sql.close();
  expect(row).toMatchObject({
    ...{ incident: 'inc-1', phase: 'escalated', attempt: 1, severity: 4.5, txns: txn.id },
    ...{ opened_utc: '2026-03-01 12:00:00.000Z', closed_utc: '2026-03-01 12:00:00.000Z' },
    outcome: expect.stringContaining('attempts are used up'),
  });
});
