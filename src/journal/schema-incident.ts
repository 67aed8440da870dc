const PHASES = `'detection', 'diagnosis', 'mitigation', 'validation', 'undoing', 'resolved', 'escalated'`;

/**
 * Incidents: phase history, hypotheses, and the transaction of each attempt. Times are wall milliseconds. No foreign
 * key to `txn`: a transaction may be pruned before its incident. The audit log learns a kind of row; its CHECK only
 * accepts more than before, so its text is replaced where it is stored (see schema-deferred.ts).
 */
export const INCIDENTS: readonly string[] = [
  `CREATE TABLE incident (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    phase            TEXT    NOT NULL CHECK (phase IN (${PHASES})),
    title            TEXT    NOT NULL,
    actor            TEXT    NOT NULL,
    cluster          TEXT    NOT NULL,
    attempt          INTEGER NOT NULL CHECK (attempt BETWEEN 1 AND attempts_allowed),
    attempts_allowed INTEGER NOT NULL,
    opened_at        INTEGER NOT NULL,
    closed_at        INTEGER,
    namespaces       TEXT    NOT NULL CHECK (json_valid(namespaces)),
    severity         REAL,
    own              TEXT    NOT NULL CHECK (json_valid(own)),
    baseline         TEXT    NOT NULL CHECK (json_valid(baseline)),
    outcome          TEXT,
    CHECK ((phase IN ('resolved', 'escalated')) = (closed_at IS NOT NULL))
  ) STRICT`,
  `CREATE INDEX incident_open ON incident (phase) WHERE closed_at IS NULL`,
  `CREATE TABLE incident_phase (
    incident   INTEGER NOT NULL REFERENCES incident (id),
    seq        INTEGER NOT NULL CHECK (seq >= 1),
    from_phase TEXT    CHECK (from_phase IN (${PHASES})),
    to_phase   TEXT    NOT NULL CHECK (to_phase IN (${PHASES})),
    attempt    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT,
    txn        TEXT,
    why        TEXT    NOT NULL,
    severity   REAL,
    PRIMARY KEY (incident, seq)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE hypothesis (
    incident INTEGER NOT NULL REFERENCES incident (id),
    seq      INTEGER NOT NULL CHECK (seq >= 1),
    attempt  INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    cause    TEXT    NOT NULL,
    evidence TEXT    NOT NULL CHECK (json_valid(evidence)),
    PRIMARY KEY (incident, seq)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE incident_attempt (
    incident INTEGER NOT NULL REFERENCES incident (id),
    attempt  INTEGER NOT NULL CHECK (attempt >= 1),
    txn      TEXT    NOT NULL UNIQUE,
    PRIMARY KEY (incident, attempt)
  ) STRICT, WITHOUT ROWID`,
  // What has ended stays so, whatever a program does.
  `CREATE TRIGGER incident_closed BEFORE UPDATE OF phase, attempt ON incident
     WHEN OLD.closed_at IS NOT NULL
     BEGIN SELECT RAISE(ABORT, 'an incident that has ended can not be moved'); END`,
  `CREATE VIEW v_incidents AS SELECT
     'inc-' || i.id AS incident,
     i.phase AS phase,
     i.attempt AS attempt,
     i.attempts_allowed AS attempts_allowed,
     i.title AS title,
     i.actor AS actor,
     i.cluster AS cluster,
     strftime('%Y-%m-%d %H:%M:%f', i.opened_at / 1000.0, 'unixepoch') || 'Z' AS opened_utc,
     strftime('%Y-%m-%d %H:%M:%f', i.closed_at / 1000.0, 'unixepoch') || 'Z' AS closed_utc,
     i.severity AS severity,
     (SELECT group_concat(txn, ' ') FROM (
       SELECT txn FROM incident_attempt a WHERE a.incident = i.id ORDER BY attempt)) AS txns,
     i.outcome AS outcome
   FROM incident i`,
  'PRAGMA writable_schema = ON',
  `UPDATE sqlite_master SET sql = replace(sql, '''recovery'')', '''recovery'', ''incident'')')
   WHERE type = 'table' AND name = 'audit'`,
  'PRAGMA writable_schema = RESET',
];
