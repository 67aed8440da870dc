import { type AuditRecord, auditRowOf, type Verification, verifyChain } from './audit-chain.ts';
import { type AuditCondition, whereOf } from './audit-filter.ts';
import { search } from './audit-search.ts';
import type { Database } from './database.ts';
import { readAnchor, readMeta } from './meta.ts';
import type { AuditFilter, AuditPage, AuditRow } from './types.ts';

const PAGE = 500;

/** The reading half of the audit log. */
export interface AuditReader {
  query(filter: AuditFilter & AuditCondition): AuditPage;
  head(): number;
  after(seq: number, limit: number): AuditRow[];
  story(transaction: string): AuditRow[];
  export(filter: AuditCondition): Iterable<AuditRow>;
  verify(): Verification;
}

export function openAuditReader(database: Database): AuditReader {
  const { sql } = database;
  return {
    query: (filter) =>
      // One read transaction: the page and its total are of the same moment.
      database.read(() => sql.transaction(() => search(database, filter))()),
    head: () => database.read(() => readMeta(database).audit_rows),
    after: (seq, limit) =>
      database.read(() =>
        sql
          .prepare<[number, number], AuditRecord>(
            'SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?',
          )
          .all(seq, limit)
          .map(auditRowOf),
      ),
    // The call that opened a transaction started before the transaction had a name.
    story: (transaction) =>
      database.read(() =>
        sql
          .prepare<[string, string], AuditRecord>(
            `SELECT * FROM audit WHERE txn = ? OR call IN
               (SELECT call FROM audit WHERE txn = ? AND call IS NOT NULL) ORDER BY seq`,
          )
          .all(transaction, transaction)
          .map(auditRowOf),
      ),
    export: (filter) => pages(database, filter),
    verify: () =>
      database.read(() =>
        // One read transaction: the rows and what meta says of them are of the same moment.
        sql.transaction(() => {
          const { audit_rows: rows, audit_head: head } = readMeta(database);
          return verifyChain(records(database), { rows, head }, readAnchor(database));
        })(),
      ),
  };
}

function* records(database: Database): Generator<AuditRecord> {
  const next = database.sql.prepare<[number], AuditRecord>(
    `SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ${PAGE}`,
  );
  for (let after = Number.MIN_SAFE_INTEGER; ; ) {
    const page = next.all(after);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.seq;
  }
}

// By pages, so that no statement stays open between two rows and the log can be written meanwhile.
function* pages(database: Database, filter: AuditCondition): Generator<AuditRow> {
  const { where, parameters } = database.read(() => whereOf(database, filter));
  const next = database.read(() =>
    database.sql.prepare<unknown[], AuditRecord>(
      `SELECT * FROM audit ${where === '' ? 'WHERE' : `${where} AND`} seq > ?
       ORDER BY seq LIMIT ${PAGE}`,
    ),
  );
  let after = 0;
  for (;;) {
    const page = database.read(() => next.all(...parameters, after));
    for (const record of page) {
      yield auditRowOf(record);
      after = record.seq;
    }
    if (page.length < PAGE) return;
  }
}
