/**
 * Version 1 of the schema, as SQL worth reading. Never edit it once released: add a migration.
 * Times are wall milliseconds (UTC). Views (views.ts) show them as text.
 */
export const SCHEMA_1: readonly string[] = [
  // One row. `epoch` guards every write of a transaction; `audit_rows` and `audit_head` seal the
  // end of the audit chain, so that a cut tail shows.
  `CREATE TABLE meta (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    journal_id TEXT    NOT NULL,
    epoch      INTEGER NOT NULL CHECK (epoch >= 0),
    key_id     TEXT,
    audit_rows INTEGER NOT NULL CHECK (audit_rows >= 0),
    audit_head TEXT    NOT NULL CHECK (length(audit_head) = 64)
  ) STRICT`,
  `INSERT INTO meta VALUES (1, lower(hex(randomblob(16))), 0, NULL, 0, lower(hex(zeroblob(32))))`,

  // Who holds the writer lock, for the answer "busy". The lock itself is the kernel's.
  `CREATE TABLE writer (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    epoch       INTEGER NOT NULL,
    pid         INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    description TEXT    NOT NULL
  ) STRICT`,

  // Policies in force, one row each time the digest changed.
  `CREATE TABLE policy (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    name   TEXT    NOT NULL,
    source TEXT    NOT NULL,
    digest TEXT    NOT NULL
  ) STRICT`,

  `CREATE TABLE txn (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch               INTEGER NOT NULL,
    state               TEXT    NOT NULL CHECK (state IN (
      'OPEN', 'SETTLING', 'COMMIT_DECIDED', 'FINALIZING', 'COMMITTED',
      'ABORTING', 'ABORTED', 'ABORT_INCOMPLETE', 'UNDOING', 'UNDONE', 'UNDO_INCOMPLETE')),
    reason              TEXT    NOT NULL,
    actor               TEXT    NOT NULL,
    cluster             TEXT    NOT NULL,
    policy_digest       TEXT    NOT NULL,
    opened_at           INTEGER NOT NULL,
    deadline_at         INTEGER NOT NULL,
    decided_at          INTEGER,
    closed_at           INTEGER,
    bounds              TEXT    NOT NULL CHECK (json_valid(bounds)),
    scope               TEXT    NOT NULL CHECK (json_valid(scope)),
    declared_reductions TEXT    NOT NULL CHECK (json_valid(declared_reductions)),
    before              TEXT    CHECK (json_valid(before)),
    after               TEXT    CHECK (json_valid(after)),
    after_undo          TEXT    CHECK (json_valid(after_undo)),
    verdict             TEXT    CHECK (json_valid(verdict)),
    outcome             TEXT
  ) STRICT`,
  `CREATE INDEX txn_state ON txn (state)`,

  // One row per written object, not per command.
  `CREATE TABLE step (
    txn                   INTEGER NOT NULL REFERENCES txn (id),
    seq                   INTEGER NOT NULL CHECK (seq >= 1),
    command               INTEGER NOT NULL CHECK (command >= 1),
    tool                  TEXT    NOT NULL,
    verb                  TEXT    NOT NULL CHECK (verb IN ('create', 'patch', 'apply', 'delete')),
    api_version           TEXT    NOT NULL,
    kind                  TEXT    NOT NULL,
    plural                TEXT    NOT NULL,
    namespace             TEXT,
    name                  TEXT    NOT NULL,
    class                 TEXT    NOT NULL CHECK (class IN ('exact', 'compensating', 'irreversible')),
    state                 TEXT    NOT NULL CHECK (state IN (
      'INTENT', 'APPLIED', 'REJECTED', 'UNKNOWN', 'VERIFIED',
      'UNDO_INTENT', 'UNDO_APPLIED', 'UNDONE', 'UNDO_CONFLICT', 'UNDO_IMPOSSIBLE')),
    intent_id             TEXT    NOT NULL UNIQUE,
    attempt               INTEGER NOT NULL,
    uid                   TEXT,
    base_resource_version TEXT,
    sent_at               INTEGER,
    http_status           INTEGER,
    error                 TEXT,
    post_resource_version TEXT,
    post_uid              TEXT,
    rehearsal             TEXT,
    kubectl               TEXT    NOT NULL,
    residual              TEXT    NOT NULL CHECK (json_valid(residual)),
    conflicts             TEXT    NOT NULL CHECK (json_valid(conflicts)),
    PRIMARY KEY (txn, seq)
  ) STRICT, WITHOUT ROWID`,

  // Byte images, sealed with AES-256-GCM under the data key of their transaction (seal.ts).
  `CREATE TABLE data_key (
    txn    INTEGER PRIMARY KEY REFERENCES txn (id),
    key_id TEXT    NOT NULL,
    sealed BLOB    NOT NULL
  ) STRICT`,
  `CREATE TABLE image (
    txn    INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    name   TEXT    NOT NULL CHECK (name IN ('pre', 'request', 'predicted', 'post', 'undo')),
    sealed BLOB    NOT NULL,
    PRIMARY KEY (txn, seq, name),
    FOREIGN KEY (txn, seq) REFERENCES step (txn, seq)
  ) STRICT`,

  `CREATE TABLE sample (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    txn        INTEGER NOT NULL REFERENCES txn (id),
    phase      TEXT    NOT NULL CHECK (phase IN ('before', 'settle', 'after', 'undo')),
    at         INTEGER NOT NULL,
    severity   REAL    NOT NULL,
    violations TEXT    NOT NULL CHECK (json_valid(violations)),
    unknowns   TEXT    NOT NULL CHECK (json_valid(unknowns))
  ) STRICT`,
  `CREATE INDEX sample_txn ON sample (txn)`,

  // The audit chain. hash = SHA-256 over the row and the hash before it (audit-chain.ts).
  `CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    kind      TEXT    NOT NULL CHECK (kind IN (
      'call', 'outcome', 'transaction', 'step', 'policy', 'server', 'recovery')),
    call      TEXT,
    client    TEXT,
    principal TEXT,
    session   TEXT,
    tool      TEXT,
    namespace TEXT,
    object    TEXT,
    txn       TEXT,
    decision  TEXT,
    rule      TEXT,
    outcome   TEXT,
    detail    TEXT    NOT NULL CHECK (json_valid(detail)),
    hash      TEXT    NOT NULL CHECK (length(hash) = 64)
  ) STRICT`,
  `CREATE INDEX audit_at ON audit (at)`,
  `CREATE INDEX audit_kind ON audit (kind)`,
  `CREATE INDEX audit_call ON audit (call) WHERE call IS NOT NULL`,
  `CREATE UNIQUE INDEX audit_call_once ON audit (call) WHERE kind = 'call'`,
  `CREATE UNIQUE INDEX audit_outcome_once ON audit (call) WHERE kind = 'outcome'`,
  `CREATE INDEX audit_client ON audit (client) WHERE client IS NOT NULL`,
  `CREATE INDEX audit_principal ON audit (principal) WHERE principal IS NOT NULL`,
  `CREATE INDEX audit_session ON audit (session) WHERE session IS NOT NULL`,
  `CREATE INDEX audit_tool ON audit (tool) WHERE tool IS NOT NULL`,
  `CREATE INDEX audit_namespace ON audit (namespace) WHERE namespace IS NOT NULL`,
  `CREATE INDEX audit_object ON audit (object COLLATE NOCASE) WHERE object IS NOT NULL`,
  `CREATE INDEX audit_object_name
     ON audit (substr(object, instr(object, '/') + 1) COLLATE NOCASE) WHERE object IS NOT NULL`,
  `CREATE INDEX audit_txn ON audit (txn) WHERE txn IS NOT NULL`,
  `CREATE INDEX audit_decision ON audit (decision) WHERE decision IS NOT NULL`,
  `CREATE INDEX audit_outcome ON audit (outcome) WHERE outcome IS NOT NULL`,
  `CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  `CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  `CREATE TRIGGER audit_at_the_end BEFORE INSERT ON audit
     WHEN NEW.seq <> (SELECT audit_rows + 1 FROM meta)
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
];
