import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/journal/sqlite.ts';
import { spawnChild } from './children.ts';
import { journalPath, openedJournal } from './support.ts';
import { call } from './support-rows.ts';

const TRIGGERS = ['audit_no_update', 'audit_no_delete', 'audit_at_the_end'];

/** A journal of ten calls, closed, changed behind its back by `sql`, opened again. */
function tampered(sql: string) {
  const path = journalPath();
  const journal = openedJournal(path);
  for (let i = 1; i <= 10; i += 1) journal.audit.start(call(`c-${i}`));
  journal.close();
  const raw = openSqlite(path);
  for (const trigger of TRIGGERS) raw.exec(`DROP TRIGGER ${trigger}`);
  raw.exec(sql);
  raw.close();
  return openedJournal(path).audit.verify();
}

describe('the audit chain', () => {
  test.each([
    'UPDATE audit SET tool = NULL',
    'DELETE FROM audit',
    'REPLACE INTO audit SELECT * FROM audit',
  ])('refuses: %s', (sql) => {
    const path = journalPath();
    const { audit } = openedJournal(path);
    audit.start(call('c-1'));
    const raw = openSqlite(path);

    expect(() => raw.exec(sql)).toThrow('append-only');

    raw.close();
    expect(audit.verify()).toMatchObject({ ok: true, rows: 1 });
  });

  test.each([
    ['a changed argument', `UPDATE audit SET detail = '{"args":{}}' WHERE seq = 4`, 4],
    ['a changed actor', `UPDATE audit SET principal = 'bob' WHERE seq = 1`, 1],
    ['a moved time', 'UPDATE audit SET at = at - 1 WHERE seq = 10', 10],
    ['a changed hash', `UPDATE audit SET hash = replace(hash, '0', '1') WHERE seq = 5`, 5],
    ['a removed row', 'DELETE FROM audit WHERE seq = 6', 6],
    ['a removed first row', 'DELETE FROM audit WHERE seq = 1', 1],
    [
      'a removed row whose gap was closed',
      'DELETE FROM audit WHERE seq = 6; UPDATE audit SET seq = seq - 1 WHERE seq > 6',
      6,
    ],
    [
      'two rows that changed places',
      'UPDATE audit SET seq = 99 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 99',
      3,
    ],
    ['a cut tail', 'DELETE FROM audit WHERE seq > 8', 9],
    ['everything removed', 'DELETE FROM audit', 1],
    [
      'a row put at the end without the journal',
      `INSERT INTO audit SELECT 11, at, kind, 'c-11', client, principal, session, tool, namespace,
         object, txn, decision, rule, outcome, detail, hash FROM audit WHERE seq = 10`,
      11,
    ],
  ])('shows %s', (_what, sql, brokenAt) => {
    expect(tampered(sql)).toMatchObject({ ok: false, brokenAt, reason: expect.any(String) });
  });

  test('is whole when nobody touched it', () => {
    expect(tampered('VACUUM')).toMatchObject({ ok: true, rows: 10 });
  });

  test('keeps text that is not well-formed Unicode, NUL and large numbers verifiable', () => {
    const { audit } = openedJournal(journalPath());
    audit.start(
      call('c-1', {
        tool: 'a\ud800b',
        object: 'x\u0000y',
        args: { text: '\udc00\u0000', big: 2 ** 60 },
      }),
    );

    expect(audit.verify()).toMatchObject({ ok: true, rows: 1 });
  });

  test('stays one chain when processes append at once', async () => {
    const path = journalPath();
    openedJournal(path).close();
    const children = [spawnChild(['append', path, '150']), spawnChild(['append', path, '150'])];
    await Promise.all(children.map((child) => child.ended));

    expect(openedJournal(path).audit.verify()).toMatchObject({ ok: true, rows: 300 });
  });

  test('loses no row that was acknowledged before kill -9', async () => {
    const path = journalPath();
    for (const rows of [1, 40, 90]) {
      const child = spawnChild(['append', path, 'endless']);
      await child.line(rows);
      child.process.kill('SIGKILL');
      await child.ended;

      const journal = openedJournal(path);
      const kept = new Set([...journal.audit.export({})].map((row) => row.call));
      expect(child.lines.filter((id) => !kept.has(id))).toEqual([]);
      expect(journal.audit.verify()).toMatchObject({ ok: true });
      journal.close();
    }
  });
});
