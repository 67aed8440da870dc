/**
 * Version 2: old rows may leave the front of the audit chain. The anchor is the last row that left:
 * what is still there is verified from its hash on. It can only be set to a row that is there, and
 * only forwards; rows behind it stay as fixed as before.
 */
export const ANCHOR: readonly string[] = [
  `CREATE TABLE audit_anchor (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL CHECK (seq >= 0),
    hash TEXT    NOT NULL CHECK (length(hash) = 64),
    at   INTEGER NOT NULL
  ) STRICT`,
  `INSERT INTO audit_anchor VALUES (1, 0, lower(hex(zeroblob(32))), 0)`,
  `DROP TRIGGER audit_no_delete`,
  `CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
     WHEN OLD.seq > (SELECT seq FROM audit_anchor)
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
  `CREATE TRIGGER audit_anchor_forward BEFORE UPDATE ON audit_anchor
     WHEN NEW.seq <= OLD.seq
       OR NOT EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq AND hash = NEW.hash)
     BEGIN SELECT RAISE(ABORT, 'the anchor moves forward only'); END`,
  `CREATE TRIGGER audit_anchor_stays BEFORE DELETE ON audit_anchor
     BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END`,
];
