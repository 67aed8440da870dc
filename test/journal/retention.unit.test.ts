import { describe, expect, test } from 'vitest';
import { openJournalReader } from '../../src/journal/open.ts';
import { openSqlite } from '../../src/journal/sqlite.ts';
import type { Journal, TransactionState } from '../../src/journal/types.ts';
import { spawnChild } from './children.ts';
import { handClock, openedJournal, writingJournal } from './support.ts';
import { call, NOON, step, transaction } from './support-rows.ts';

const DAY = 86_400_000;
const NOW = NOON + 100 * DAY;

/** One day's work: calls, and a transaction with a sealed image that ended in `state`. */
function work(journal: Journal, epoch: number, name: string, at: number, state: TransactionState) {
  journal.audit.start(call(`${name}-begin`));
  const { id } = journal.transactions.create(transaction({ epoch, openedAt: at }));
  journal.audit.end({
    ...{ call: `${name}-begin`, decision: 'allow', outcome: 'ok', durationMs: 1, transaction: id },
  });
  journal.transactions.addStep(
    step({ transaction: id, intentId: `${name}-1` }),
    { pre: Buffer.from(`pre-image of ${name}`) },
    epoch,
  );
  journal.transactions.addSample({
    ...{ transaction: id, phase: 'before', at, severity: 1, violations: [], unknowns: [] },
  });
  if (state !== 'OPEN') {
    journal.transactions.move(id, ['OPEN'], state, epoch, { closedAt: at });
  }
  return id;
}

/** Work on days 0, 10, 20 … of the given states, and the clock at day 100. */
function history(...states: TransactionState[]) {
  const clock = handClock(NOON);
  const opened = writingJournal({ clock });
  const { journal, epoch } = opened;
  const ids = states.map((state, i) => {
    const id = work(journal, epoch, `day${i * 10}`, clock.now(), state);
    clock.advance(10 * DAY);
    return id;
  });
  clock.advance(NOW - clock.now());
  return { ...opened, clock, ids };
}

function prune(journal: Journal, before: number, more: { keepTransactions?: number } = {}) {
  const rule = { before, ...more };
  const plan = journal.retention.plan(rule);
  journal.audit.start(call('prune', { tool: 'cli journal prune' }));
  const pieces = [...journal.retention.prune(plan, rule, { call: 'prune', rows: 3 })];
  return { plan, pieces: pieces.length };
}

const stateOf = (journal: Journal, id: string) => journal.transactions.get(id)?.state;

describe('pruning', () => {
  test('removes old calls and transactions with their images, and the chain stays whole', () => {
    const { journal, path, ids } = history('COMMITTED', 'ABORTED', 'COMMITTED');
    const before = journal.audit.verify();
    const { plan, pieces } = prune(journal, NOON + 15 * DAY);

    expect(plan.transactions).toEqual(ids.slice(0, 2));
    expect(pieces).toBeGreaterThan(3);
    expect(ids.map((id) => stateOf(journal, id))).toEqual([undefined, undefined, 'COMMITTED']);
    expect(journal.transactions.image(ids[2] ?? '', 1, 'pre')?.toString()).toContain('day20');
    const left = openSqlite(path, { readonly: true });
    for (const table of ['image', 'data_key', 'sample', 'step']) {
      expect(left.prepare(`SELECT DISTINCT txn FROM ${table}`).all(), table).toEqual([{ txn: 3 }]);
    }
    left.close();

    const verified = journal.audit.verify();
    expect(before).toMatchObject({ ok: true });
    expect(verified).toMatchObject({
      ok: true,
      pruned: { rows: plan.through, until: NOON + 10 * DAY },
    });
    const oldest = [...journal.audit.export({})][0];
    expect(oldest?.seq).toBe(plan.through + 1);
    expect(oldest?.at).toBe(NOON + 20 * DAY);
  });

  test('says in the chain who pruned what, and appending goes on', () => {
    const { journal, ids } = history('COMMITTED', 'COMMITTED');
    const { plan } = prune(journal, NOON + 5 * DAY);
    journal.audit.start(call('later'));

    const { rows } = journal.audit.query({ limit: 10, kinds: ['server'] });
    expect(rows).toMatchObject([
      {
        principal: 'alice',
        tool: 'cli journal prune',
        detail: { event: 'pruned', through: plan.through, transactions: 1, before: NOON + 5 * DAY },
      },
    ]);
    expect(journal.audit.verify()).toMatchObject({ ok: true });
    expect(journal.audit.story(ids[1] ?? '').length).toBeGreaterThan(3);
    prune2(journal);
  });

  function prune2(journal: Journal) {
    const rule = { before: NOON + 15 * DAY };
    const plan = journal.retention.plan(rule);
    journal.audit.start(call('again'));
    for (const _ of journal.retention.prune(plan, rule, { call: 'again', rows: 1_000 }));
    expect(journal.audit.verify()).toMatchObject({ ok: true, pruned: { rows: plan.through } });
  }

  test.each(['OPEN', 'SETTLING', 'UNDOING', 'ABORT_INCOMPLETE', 'UNDO_INCOMPLETE'] as const)(
    'never takes a transaction that is %s, nor a row of its story',
    (state) => {
      const { journal, ids } = history('COMMITTED', state, 'COMMITTED');
      const story = journal.audit.story(ids[1] ?? '');
      const { plan } = prune(journal, NOW);

      expect(ids.map((id) => stateOf(journal, id))).toEqual([undefined, state, undefined]);
      expect(plan.heldBy).toBe(ids[1]);
      expect(journal.audit.story(ids[1] ?? '')).toEqual(story);
      expect(journal.transactions.image(ids[1] ?? '', 1, 'pre')?.toString()).toContain('day10');
      expect(journal.audit.verify()).toMatchObject({ ok: true });
    },
  );

  test('keeps the newest transactions that it is told to keep', () => {
    const { journal, ids } = history('COMMITTED', 'COMMITTED', 'COMMITTED');
    prune(journal, NOW, { keepTransactions: 2 });
    expect(ids.map((id) => stateOf(journal, id))).toEqual([undefined, 'COMMITTED', 'COMMITTED']);
    expect(journal.audit.story(ids[1] ?? '').length).toBeGreaterThan(3);
  });

  test('leaves a transaction alone whose undo began after the plan was made', () => {
    const { journal, epoch, ids } = history('COMMITTED');
    const rule = { before: NOW };
    const plan = journal.retention.plan(rule);
    journal.audit.start(call('prune'));
    journal.transactions.move(ids[0] ?? '', ['COMMITTED'], 'UNDOING', epoch);
    const story = journal.audit.story(ids[0] ?? '').length;
    for (const _ of journal.retention.prune(plan, rule, { call: 'prune', rows: 3 }));
    expect(stateOf(journal, ids[0] ?? '')).toBe('UNDOING');
    expect(journal.audit.story(ids[0] ?? '')).toHaveLength(story);
  });

  test('stopped half-way it leaves a chain that is whole, and the next one goes on', () => {
    const { journal } = history('COMMITTED', 'COMMITTED', 'COMMITTED');
    const rule = { before: NOW };
    const plan = journal.retention.plan(rule);
    journal.audit.start(call('prune'));
    const work = journal.retention.prune(plan, rule, { call: 'prune', rows: 2 });
    for (let i = 0; i < 6; i += 1) work.next();
    expect(journal.audit.verify()).toMatchObject({ ok: true, pruned: expect.anything() });
    expect(journal.retention.plan(rule).auditRows).toBeGreaterThan(0);
  });

  test('with nothing old there is nothing in the plan', () => {
    const { journal } = history('COMMITTED');
    expect(journal.retention.plan({ before: NOON - DAY })).toMatchObject({
      auditRows: 0,
      transactions: [],
    });
  });

  test('stays one chain while another process writes', async () => {
    const { journal, path } = history('COMMITTED', 'COMMITTED', 'COMMITTED');
    const child = spawnChild(['append', path, '60']);
    await child.line(5);
    prune(journal, NOW);
    await child.ended;
    expect(child.lines).toHaveLength(60);
    const reader = openJournalReader({ path });
    expect(reader.audit.verify()).toMatchObject({ ok: true, pruned: expect.anything() });
    const calls = new Set([...reader.audit.export({})].map(({ call: id }) => id));
    expect(child.lines.filter((id) => !calls.has(id))).toEqual([]);
    reader.close();
  });
});

describe('a front that left without pruning', () => {
  const tampered = (sql: string) => {
    const { journal, path } = history('COMMITTED', 'COMMITTED');
    prune(journal, NOON + 5 * DAY);
    journal.close();
    const raw = openSqlite(path);
    for (const name of ['audit_no_update', 'audit_no_delete', 'audit_anchor_forward']) {
      raw.exec(`DROP TRIGGER ${name}`);
    }
    raw.exec(sql);
    raw.close();
    return openedJournal(path).audit.verify();
  };

  test('shows: more rows than the prune removed', () => {
    expect(
      tampered(`UPDATE audit_anchor SET seq = (SELECT seq + 1 FROM audit_anchor),
        hash = (SELECT hash FROM audit WHERE seq = (SELECT seq + 1 FROM audit_anchor));
      DELETE FROM audit WHERE seq <= (SELECT seq FROM audit_anchor)`),
    ).toMatchObject({ ok: false, brokenAt: 1, reason: expect.stringContaining('who pruned') });
  });

  test('shows: the row that said so changed', () => {
    expect(tampered(`UPDATE audit SET detail = '{}' WHERE kind = 'server'`)).toMatchObject({
      ok: false,
    });
  });

  test('is refused by the journal itself', () => {
    const { path } = history('COMMITTED');
    const raw = openSqlite(path);
    expect(() => raw.exec('DELETE FROM audit WHERE seq = 1')).toThrow('append-only');
    expect(() => raw.exec(`UPDATE audit_anchor SET seq = 2`)).toThrow('forward only');
    expect(() => raw.exec('DELETE FROM audit_anchor')).toThrow('append-only');
    expect(() => raw.exec('DELETE FROM audit_actor')).toThrow('append-only');
    expect(() => raw.exec(`UPDATE audit_actor SET client = 'x'`)).toThrow('append-only');
    raw.close();
  });
});

test('pruning takes actors along with their last row, and finds who stays', () => {
  const clock = handClock(NOON);
  const { journal, path } = writingJournal({ clock });
  const by = (name: string) => ({ client: `${name} 1.0`, principal: name, session: `of-${name}` });
  for (const [i, name] of ['ann', 'ann', 'bob', 'bob', 'bob', 'cat'].entries()) {
    journal.audit.start(call(`c-${i}`, { actor: by(name) }));
    clock.advance(DAY);
  }
  prune(journal, NOON + 4 * DAY);

  const found = (actor: string) => journal.audit.query({ actor, limit: 9 }).rows.map((r) => r.call);
  expect(journal.audit.verify()).toMatchObject({ ok: true, pruned: { rows: 4 } });
  expect([found('ann'), found('bob'), found('cat')]).toEqual([[], ['c-4'], ['c-5']]);
  const left = openSqlite(path, { readonly: true });
  expect(left.prepare(`SELECT 1 FROM audit_actor WHERE client = 'ann 1.0'`).get()).toBeUndefined();
  left.close();
});
