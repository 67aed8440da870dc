/**
 * Where the clock of the audit log went back: between two such rows its times only grow, so that a
 * time is found by halving (audit-time.ts) and a query for a day needn't look at a year.
 */
const CLOCK_BACK: readonly string[] = [
  `CREATE TABLE audit_clock_back (
    seq INTEGER PRIMARY KEY
  ) STRICT`,
  `INSERT INTO audit_clock_back
     SELECT later.seq FROM audit AS earlier JOIN audit AS later ON later.seq = earlier.seq + 1
     WHERE later.at < earlier.at`,
  `CREATE TRIGGER audit_clock_went_back AFTER INSERT ON audit
     WHEN NEW.at < (SELECT at FROM audit WHERE seq = NEW.seq - 1)
     BEGIN INSERT INTO audit_clock_back VALUES (NEW.seq); END`,
];

/**
 * The columns that most queries combine stand in the index of the rarest of them: what doesn't match
 * is passed over without its row being read. `seq` comes first, so that each stays in its order.
 */
const WIDER_INDEXES: readonly string[] = [
  // Times are found by halving now.
  'DROP INDEX audit_at',
  'DROP INDEX audit_tool',
  'DROP INDEX audit_namespace',
  'DROP INDEX audit_decision',
  'DROP INDEX audit_outcome',
  `CREATE INDEX audit_tool ON audit (tool, seq, namespace, decision, outcome)
     WHERE tool IS NOT NULL`,
  `CREATE INDEX audit_namespace ON audit (namespace, seq, decision, outcome)
     WHERE namespace IS NOT NULL`,
  `CREATE INDEX audit_decision ON audit (decision, seq, outcome) WHERE decision IS NOT NULL`,
  `CREATE INDEX audit_outcome ON audit (outcome, seq, tool, namespace, decision)
     WHERE outcome IS NOT NULL`,
];

/** What keeps a page of the audit log quick however long the log is. */
export const SEARCH: readonly string[] = [...CLOCK_BACK, ...WIDER_INDEXES];
