/** What a person decided about objects that could not be taken back: one row per object of a transaction. */
export const RESOLUTIONS: readonly string[] = [
  `CREATE TABLE resolution (
    txn    INTEGER NOT NULL REFERENCES txn (id),
    object TEXT    NOT NULL,
    how    TEXT    NOT NULL CHECK (how IN ('force', 'keep_theirs')),
    seen   TEXT    NOT NULL CHECK (json_valid(seen)),
    PRIMARY KEY (txn, object)
  ) STRICT`,
];
