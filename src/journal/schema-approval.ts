/**
 * Approvals. Times are wall milliseconds. `plan` is what a person is shown, sealed under the master key with AES-256-GCM:
 * its diffs may hold what redaction doesn't know as a secret. No foreign key: a transaction may be pruned before.
 */
export const APPROVALS: readonly string[] = [
  `CREATE TABLE approval (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    state        TEXT    NOT NULL CHECK (state IN (
      'WAITING', 'APPROVED', 'REFUSED', 'EXPIRED', 'CANCELLED', 'USED')),
    digest       TEXT    NOT NULL CHECK (length(digest) = 64),
    subject      TEXT    NOT NULL CHECK (length(subject) = 64),
    client       TEXT    NOT NULL,
    user         TEXT    NOT NULL,
    actor        TEXT    NOT NULL,
    call         TEXT    NOT NULL,
    tool         TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    rule         TEXT    NOT NULL,
    summary      TEXT    NOT NULL,
    reason       TEXT,
    txn          TEXT,
    requested_at INTEGER NOT NULL,
    decide_by    INTEGER NOT NULL,
    use_ms       INTEGER NOT NULL,
    decided_at   INTEGER,
    decided_by   TEXT,
    decided_with TEXT,
    note         TEXT,
    use_by       INTEGER,
    used_at      INTEGER,
    used_call    TEXT,
    key_id       TEXT    NOT NULL,
    plan         BLOB    NOT NULL,
    CHECK (state NOT IN ('APPROVED', 'REFUSED', 'USED') OR decided_by IS NOT NULL),
    CHECK (state NOT IN ('APPROVED', 'USED') OR use_by IS NOT NULL),
    CHECK (state <> 'USED' OR used_at IS NOT NULL)
  ) STRICT`,
  'CREATE INDEX approval_digest ON approval (digest)',
  `CREATE INDEX approval_state ON approval (state) WHERE state IN ('WAITING', 'APPROVED')`,
  'CREATE INDEX approval_txn ON approval (txn) WHERE txn IS NOT NULL',
  // What was used up, refused or is over stays so, whatever a program does.
  `CREATE TRIGGER approval_transitions BEFORE UPDATE OF state ON approval
     WHEN NEW.state <> OLD.state AND NOT (
       (OLD.state = 'WAITING' AND NEW.state IN ('APPROVED', 'REFUSED', 'EXPIRED', 'CANCELLED'))
       OR (OLD.state = 'APPROVED' AND NEW.state IN ('USED', 'EXPIRED')))
     BEGIN SELECT RAISE(ABORT, 'an approval can not go back'); END`,
  `CREATE TRIGGER approval_of_this BEFORE UPDATE OF digest, client, user, plan ON approval
     BEGIN SELECT RAISE(ABORT, 'an approval is of one plan'); END`,
];
