import { createHash } from 'node:crypto';
import { type JsonObject, objectOf, parseJson } from '../core/json.ts';
import type { AuditRow } from './types.ts';

/** A row of the table `audit`. `detail` is JSON text. */
export interface AuditRecord {
  seq: number;
  at: number;
  kind: AuditRow['kind'];
  call: string | null;
  client: string | null;
  principal: string | null;
  session: string | null;
  tool: string | null;
  namespace: string | null;
  object: string | null;
  txn: string | null;
  decision: string | null;
  rule: string | null;
  outcome: string | null;
  detail: string;
  hash: string;
}

/** What stands before the first row. */
export const GENESIS = '0'.repeat(64);

/**
 * The hash of a row: SHA-256, hex, over the JSON object of its columns (all but `hash`; `detail`
 * as its stored text) and `previous`, the hash before it, keys in alphabetical order.
 */
export function hashOf(row: Omit<AuditRecord, 'hash'>, previous: string): string {
  const { at, call, client, decision, detail, kind, namespace, object } = row;
  const { outcome, principal, rule, seq, session, tool, txn } = row;
  const first = { at, call, client, decision, detail, kind, namespace, object, outcome, previous };
  const canonical = JSON.stringify({ ...first, principal, rule, seq, session, tool, txn });
  return createHash('sha256').update(canonical).digest('hex');
}

export function auditRowOf(record: AuditRecord): AuditRow {
  const { txn, detail, ...columns } = record;
  return { ...columns, transaction: txn, detail: objectOf(parseJson(detail)) satisfies JsonObject };
}

export type Verification =
  | { ok: true; rows: number; head: string }
  | { ok: false; rows: number; brokenAt: number; reason: string };

/**
 * Walks the chain, oldest first. `expected` is what the journal noted about its end.
 * Finds changed, removed, inserted and reordered rows, and a cut tail.
 */
export function verifyChain(
  records: Iterable<AuditRecord>,
  expected: { rows: number; head: string },
): Verification {
  let rows = 0;
  let head = GENESIS;
  for (const { hash, ...row } of records) {
    rows += 1;
    if (row.seq !== rows) {
      const reason = `Row ${rows} is missing: row ${row.seq} follows row ${rows - 1}.`;
      return { ok: false, rows, brokenAt: rows, reason };
    }
    if (hashOf(row, head) !== hash) {
      const reason = `Row ${rows} doesn't match its hash: it, or a row before it, was changed.`;
      return { ok: false, rows, brokenAt: rows, reason };
    }
    head = hash;
  }
  if (rows !== expected.rows || head !== expected.head) {
    const reason = `The journal noted ${expected.rows} rows, but ${rows} are there: the end was cut off or rewritten.`;
    return { ok: false, rows, brokenAt: Math.min(rows, expected.rows) + 1, reason };
  }
  return { ok: true, rows, head };
}
