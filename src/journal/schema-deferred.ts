/**
 * A step may wait for the commit, and a commit may end with such a step undone. A CHECK can't be altered, and all
 * other tables refer to `txn`: its text is replaced where it is stored, which SQLite allows for a constraint that
 * accepts more than before (sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes").
 */
export const DEFERRED: readonly string[] = [
  `ALTER TABLE step ADD COLUMN deferred TEXT CHECK (deferred IN ('WAITING', 'DONE', 'REFUSED'))`,
  'PRAGMA writable_schema = ON',
  `UPDATE sqlite_master SET sql = replace(sql, '''UNDO_INCOMPLETE''', '''UNDO_INCOMPLETE'', ''COMMIT_INCOMPLETE''')
   WHERE type = 'table' AND name = 'txn'`,
  'PRAGMA writable_schema = RESET',
  'DROP VIEW v_steps',
  `CREATE VIEW v_steps AS SELECT
     'txn-' || txn AS txn,
     seq, command, tool, verb, api_version, kind, namespace, name, class, state, deferred,
     strftime('%Y-%m-%d %H:%M:%f', sent_at / 1000.0, 'unixepoch') || 'Z' AS sent_utc,
     http_status, error, rehearsal, kubectl, residual, conflicts,
     intent_id AS audit_id
   FROM step`,
];
