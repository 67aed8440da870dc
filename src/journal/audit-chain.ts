import { hash as digest } from 'node:crypto';
import { type JsonObject, objectOf, parseJson } from '../core/json.ts';
import type { Anchor } from './meta.ts';
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
  const canonical = JSON.stringify({
    at,
    call,
    client,
    decision,
    detail,
    kind,
    namespace,
    object,
    outcome,
    previous,
    principal,
    rule,
    seq,
    session,
    tool,
    txn,
  });
  return digest('sha256', canonical);
}

export function auditRowOf(record: AuditRecord): AuditRow {
  const { txn, detail, ...columns } = record;
  return { ...columns, transaction: txn, detail: objectOf(parseJson(detail)) satisfies JsonObject };
}

export type Verification =
  | {
      ok: true;
      /** Rows up to the end, the pruned ones too. */
      rows: number;
      head: string;
      /** What was pruned, by the account of a row of the chain. */
      pruned?: { rows: number; until: number };
    }
  | { ok: false; rows: number; brokenAt: number; reason: string };

/** How a row of the chain says what left its front: `detail` of an event of kind `server`. */
export interface PruneNote {
  readonly event: 'pruned';
  /** The last row that was to leave, and its hash. */
  readonly through: number;
  readonly hash: string;
}

/** Where a walk starts: what stands before its first row. */
export type Start = Pick<Anchor, 'seq' | 'hash'>;

/**
 * Walks the chain, oldest first, from the anchor on. `expected` is what the journal noted about its
 * end. Finds changed, removed, inserted and reordered rows, a cut tail, and a front that left
 * without a row that says so.
 */
export function verifyChain(
  records: Iterable<AuditRecord>,
  expected: { rows: number; head: string },
  anchor: Anchor = { seq: 0, hash: GENESIS, at: 0 },
): Verification {
  let vouched = anchor.seq === 0;
  const walked = verifyPart(records, expected, anchor, (row) => {
    vouched ||= row.kind === 'server' && vouches(row.detail, anchor);
  });
  if (!walked.ok || anchor.seq === 0) return walked;
  if (vouched) return { ...walked, pruned: { rows: anchor.seq, until: anchor.at } };
  const reason = `Rows 1 to ${anchor.seq} were removed, and no row says who pruned them.`;
  return { ok: false, rows: walked.rows, brokenAt: 1, reason };
}

/** Walks the end of the chain, from any row on whose hash is taken as it is. */
export function verifyPart(
  records: Iterable<AuditRecord>,
  expected: { rows: number; head: string },
  start: Start,
  visit: (row: Omit<AuditRecord, 'hash'>) => void = () => {},
): Verification {
  let rows = start.seq;
  let head = start.hash;
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
    visit(row);
    head = hash;
  }
  if (rows !== expected.rows || head !== expected.head) {
    const reason = `The journal noted ${expected.rows} rows, but ${rows} are there: the end was cut off or rewritten.`;
    return { ok: false, rows, brokenAt: Math.min(rows, expected.rows) + 1, reason };
  }
  return { ok: true, rows, head };
}

// A prune that was interrupted left its anchor before the row that it had announced.
function vouches(detail: string, anchor: Anchor): boolean {
  const { event, through, hash } = objectOf(parseJson(detail));
  if (event !== 'pruned' || typeof through !== 'number') return false;
  return through > anchor.seq || (through === anchor.seq && hash === anchor.hash);
}
