import type { JsonObject } from '../core/json.ts';
import type { PruneNote } from './audit-chain.ts';
import type { Database } from './database.ts';
import { readAnchor, readMeta } from './meta.ts';
import { NEEDS_HUMAN, TERMINAL_STATES } from './states.ts';
import { idOf, keyOf } from './transaction-id.ts';
import type { AuditLog } from './types.ts';

/** What may leave the journal. */
export interface RetentionRule {
  /** Wall ms: only what was over before then. */
  readonly before: number;
  /** The newest so many transactions stay, however old. */
  readonly keepTransactions?: number;
  /** Audit rows that are looked at in one go; all of them when absent. */
  readonly mostRows?: number;
}

/** What a rule comes to now. */
export interface PrunePlan {
  /** The last audit row that leaves, with its hash. The same as the anchor's when none does. */
  readonly through: number;
  readonly hash: string;
  readonly auditRows: number;
  /** Handles of the transactions that leave with their steps, images and samples; oldest first. */
  readonly transactions: readonly string[];
  /** The oldest transaction that stays though its rows are old enough: it keeps what came after it. */
  readonly heldBy?: string;
}

export interface PruneOptions {
  /** The call under which the audit log says who pruned. Its start is journaled already. */
  readonly call: string;
  /** Audit rows that one write removes at most. */
  readonly rows: number;
}

/** Removes what is old, in short writes. The audit chain stays verifiable from its anchor on. */
export interface Retention {
  plan(rule: RetentionRule): PrunePlan;
  /**
   * Journals the plan, then removes it; each `next()` is one short write. May stop anywhere: what
   * is left over goes with the next prune. What stopped being prunable meanwhile stays.
   */
  prune(plan: PrunePlan, rule: RetentionRule, options: PruneOptions): Generator<void, void, void>;
  /** True while a transaction is under way: somebody may be waiting for its next answer. */
  busy(): boolean;
}

const words = (states: readonly string[]) => states.map((state) => `'${state}'`).join(', ');
const DONE = words(TERMINAL_STATES);

/** Finished before the rule's time, and not among the newest that it keeps. */
const PRUNABLE = `state IN (${DONE}) AND closed_at < @before
  AND id NOT IN (SELECT id FROM txn ORDER BY id DESC LIMIT @keep)`;

/** Old transactions that stay: unfinished, for a person to end, closed later, or kept by number. */
const STAYING = `SELECT 'txn-' || id FROM txn WHERE opened_at < @before
  AND NOT (closed_at IS NOT NULL AND ${PRUNABLE})`;

/** Where a transaction has rows, those that refer to others first. */
const PARTS = [
  ...['image', 'data_key', 'sample', 'resolution', 'step'].map((table) => ({ table, key: 'txn' })),
  { table: 'txn', key: 'id' },
];

interface Front {
  seq: number;
  txn: string;
}

export function openRetention(database: Database, audit: Pick<AuditLog, 'append'>): Retention {
  const { sql } = database;
  const prunable = sql.prepare<object, { id: number }>(
    `SELECT id FROM txn WHERE ${PRUNABLE} ORDER BY id`,
  );
  const stillPrunable = sql.prepare<object>(`SELECT 1 FROM txn WHERE id = @id AND ${PRUNABLE}`);
  const firstStaying = sql.prepare<object, Front>(
    `SELECT seq, txn FROM audit WHERE txn IN (${STAYING}) ORDER BY seq LIMIT 1`,
  );
  const firstCallOf = sql.prepare<object, { seq: number | null }>(
    `SELECT min(seq) AS seq FROM audit WHERE call IN
       (SELECT call FROM audit WHERE call IS NOT NULL AND txn IN (${STAYING}))`,
  );
  const firstYoung = sql.prepare<[number, number, number], { seq: number }>(
    'SELECT seq FROM audit WHERE seq > ? AND seq <= ? AND at >= ? ORDER BY seq LIMIT 1',
  );
  const hashAt = sql.prepare<[number], { hash: string; at: number }>(
    'SELECT hash, at FROM audit WHERE seq = ?',
  );
  const removeParts = PARTS.map(({ table, key }) =>
    sql.prepare(`DELETE FROM ${table} WHERE ${key} = ?`),
  );
  const removeApprovals = sql.prepare<object>(
    'DELETE FROM approval WHERE decide_by < @before AND coalesce(use_by, decide_by) < @before',
  );
  // What an open one has is kept whole, however old.
  const removeIncidents = ['incident_phase', 'hypothesis', 'incident_attempt', 'incident'].map(
    (table) =>
      sql.prepare<object>(
        `DELETE FROM ${table} WHERE ${table === 'incident' ? 'id' : 'incident'} IN
           (SELECT id FROM incident WHERE closed_at < @before)`,
      ),
  );
  const setAnchor = sql.prepare('UPDATE audit_anchor SET seq = @seq, hash = @hash, at = @at');
  const removeRows = sql.prepare('DELETE FROM audit WHERE seq <= ?');
  const removeActors = sql.prepare(
    'DELETE FROM audit_actor WHERE first < (SELECT max(first) FROM audit_actor WHERE first <= ? + 1)',
  );
  const underWay = sql.prepare(
    `SELECT 1 FROM txn WHERE state NOT IN (${words([...TERMINAL_STATES, ...NEEDS_HUMAN])}) LIMIT 1`,
  );
  const parametersOf = ({ before, keepTransactions = 0 }: RetentionRule) => ({
    before,
    keep: keepTransactions,
  });

  /** The first row of a transaction that stays, or of a call about it. */
  const front = (rule: RetentionRule): Front | undefined => {
    const first = firstStaying.get(parametersOf(rule));
    if (first === undefined) return undefined;
    const call = firstCallOf.get(parametersOf(rule))?.seq ?? first.seq;
    return { seq: Math.min(first.seq, call), txn: first.txn };
  };

  const plan = (rule: RetentionRule): PrunePlan =>
    database.read(() => {
      const anchor = readAnchor(database);
      const last = Math.min(
        readMeta(database).audit_rows,
        anchor.seq + (rule.mostRows ?? Infinity),
      );
      const young = firstYoung.get(anchor.seq, last, rule.before)?.seq ?? last + 1;
      const held = front(rule);
      const through = Math.max(anchor.seq, Math.min(young, held?.seq ?? young) - 1);
      return {
        through,
        hash: hashAt.get(through)?.hash ?? anchor.hash,
        auditRows: through - anchor.seq,
        transactions: prunable.all(parametersOf(rule)).map(({ id }) => idOf(id)),
        ...(held !== undefined && held.seq < young ? { heldBy: held.txn } : {}),
      };
    });

  // Whole, or not at all: a transaction without its images could no longer be undone.
  const removeTransaction = (id: number, rule: RetentionRule): void => {
    database.write('prune.transaction', () => {
      // An undo of it may have begun since the plan was made.
      if (stillPrunable.get({ id, ...parametersOf(rule) }) === undefined) return;
      for (const remove of removeParts) remove.run(id);
    });
  };

  /** @returns whether rows are left to remove. */
  const removeFront = (through: number, rule: RetentionRule, rows: number): boolean =>
    database.write('prune.audit', () => {
      const { seq: from } = readAnchor(database);
      const until = Math.min(through, (front(rule)?.seq ?? through + 1) - 1);
      const seq = Math.min(from + rows, until);
      const row = hashAt.get(seq);
      if (seq <= from || row === undefined) return false;
      setAnchor.run({ seq, ...row });
      removeRows.run(seq);
      removeActors.run(seq);
      return seq < until;
    });

  return {
    plan,
    busy: () => database.read(() => underWay.get() !== undefined),
    *prune({ through, hash, auditRows, transactions }, rule, { call, rows }) {
      const note: PruneNote & JsonObject = {
        event: 'pruned',
        ...{ through, hash, auditRows, transactions: transactions.length, before: rule.before },
      };
      audit.append({ kind: 'server', call, outcome: 'ok', detail: note });
      yield;
      for (const id of transactions) {
        removeTransaction(keyOf(id) ?? 0, rule);
        yield;
      }
      database.write('prune.approvals', () => {
        removeApprovals.run({ before: rule.before });
        for (const remove of removeIncidents) remove.run({ before: rule.before });
      });
      yield;
      while (removeFront(through, rule, rows)) yield;
    },
  };
}
