/**
 * Who called, as runs: rows from `first` to the row before the next run that have an actor have this
 * one. An actor rarely changes from row to row, so three indexes needn't grow with each row.
 */
const ACTORS: readonly string[] = [
  `CREATE TABLE audit_actor (
    first     INTEGER PRIMARY KEY,
    client    TEXT,
    principal TEXT,
    session   TEXT
  ) STRICT`,
  `INSERT INTO audit_actor
     SELECT seq, client, principal, session FROM (
       SELECT seq, client, principal, session,
         row_number() OVER rows AS number, lag(client) OVER rows AS client_before,
         lag(principal) OVER rows AS principal_before, lag(session) OVER rows AS session_before
       FROM audit WHERE coalesce(client, principal, session) IS NOT NULL WINDOW rows AS (ORDER BY seq))
     WHERE number = 1 OR client IS NOT client_before
       OR principal IS NOT principal_before OR session IS NOT session_before`,
  'CREATE INDEX audit_actor_client ON audit_actor (client) WHERE client IS NOT NULL',
  'CREATE INDEX audit_actor_principal ON audit_actor (principal) WHERE principal IS NOT NULL',
  'CREATE INDEX audit_actor_session ON audit_actor (session) WHERE session IS NOT NULL',
  `CREATE TRIGGER audit_actor_changed AFTER INSERT ON audit
     WHEN coalesce(NEW.client, NEW.principal, NEW.session) IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM audit_actor WHERE first = (SELECT max(first) FROM audit_actor)
         AND client IS NEW.client AND principal IS NEW.principal AND session IS NEW.session)
     BEGIN INSERT INTO audit_actor VALUES (NEW.seq, NEW.client, NEW.principal, NEW.session); END`,
  `CREATE TRIGGER audit_actor_no_update BEFORE UPDATE ON audit_actor
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  // A run may leave once all of its rows have.
  `CREATE TRIGGER audit_actor_no_delete BEFORE DELETE ON audit_actor
     WHEN NOT EXISTS (SELECT 1 FROM audit_actor AS later WHERE later.first > OLD.first
       AND later.first <= (SELECT seq + 1 FROM audit_anchor))
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
];

/**
 * A commit costs by the pages that it changed, and each index is a page. What nearly every row has
 * is found soonest by reading rows, so it stands in no index.
 */
const FEWER_INDEXES: readonly string[] = [
  'DROP INDEX audit_client',
  'DROP INDEX audit_principal',
  'DROP INDEX audit_session',

  // That a call starts and ends once is seen to before the row is written (audit-log.ts).
  'DROP INDEX audit_call',
  'DROP INDEX audit_call_once',
  'DROP INDEX audit_outcome_once',
  'CREATE INDEX audit_call ON audit (call, kind) WHERE call IS NOT NULL',

  // By name, with the kind beside it.
  'DROP INDEX audit_object',
  'DROP INDEX audit_object_name',
  `CREATE INDEX audit_object
     ON audit (substr(object, instr(object, '/') + 1) COLLATE NOCASE, seq, object)
     WHERE object IS NOT NULL`,

  'DROP INDEX audit_kind',
  'DROP INDEX audit_decision',
  'DROP INDEX audit_outcome',
  `CREATE INDEX audit_kind ON audit (kind) WHERE kind NOT IN ('call', 'outcome')`,
  `CREATE INDEX audit_decision ON audit (decision, seq, outcome) WHERE decision <> 'allow'`,
  `CREATE INDEX audit_outcome ON audit (outcome, seq, tool, namespace, decision)
     WHERE outcome <> 'ok'`,
];

/** What makes a row of the audit log cheap to write. */
export const LEAN: readonly string[] = [...ACTORS, ...FEWER_INDEXES];
