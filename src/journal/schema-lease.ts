/** What is remembered of a Lease that is gone, or that could not be given back. */
export const LEASES: readonly string[] = [
  `CREATE TABLE lease (
    name  TEXT    PRIMARY KEY,
    epoch INTEGER NOT NULL,
    named INTEGER NOT NULL CHECK (named IN (0, 1))
  ) STRICT`,
];
