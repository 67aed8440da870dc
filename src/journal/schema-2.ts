import { VIEWS_1 } from './views.ts';

/**
 * Version 2: a step may be an eviction. A CHECK can't be altered, so the table is made anew, with the images that
 * refer to it; views over a dropped table would keep it from being renamed.
 */
export const SCHEMA_2: readonly string[] = [
  'DROP VIEW v_steps',
  'DROP VIEW v_transactions',
  `CREATE TABLE step_2 (
    txn                   INTEGER NOT NULL REFERENCES txn (id),
    seq                   INTEGER NOT NULL CHECK (seq >= 1),
    command               INTEGER NOT NULL CHECK (command >= 1),
    tool                  TEXT    NOT NULL,
    verb                  TEXT    NOT NULL CHECK (
      verb IN ('create', 'patch', 'apply', 'delete', 'evict')),
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
  'INSERT INTO step_2 SELECT * FROM step',
  `CREATE TABLE image_2 (
    txn    INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    name   TEXT    NOT NULL CHECK (name IN ('pre', 'request', 'predicted', 'post', 'undo')),
    sealed BLOB    NOT NULL,
    PRIMARY KEY (txn, seq, name),
    FOREIGN KEY (txn, seq) REFERENCES step_2 (txn, seq)
  ) STRICT`,
  'INSERT INTO image_2 SELECT * FROM image',
  'DROP TABLE image',
  'DROP TABLE step',
  'ALTER TABLE step_2 RENAME TO step',
  'ALTER TABLE image_2 RENAME TO image',
  ...VIEWS_1.filter((view) => /^CREATE VIEW v_(steps|transactions) /.test(view)),
];
