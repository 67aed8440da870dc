import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditCondition } from '../../src/journal/audit-filter.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import type { AuditFilter } from '../../src/journal/types.ts';
import { fillJournal, LAST_AT } from './audit-rows.ts';
import type { Bench } from './bench.ts';
import { median, p95, timed } from './stats.ts';
import type { Result } from './types.ts';

const DAY = 24 * 3600_000;
const PAGE = 20;
const ROUNDS = 5;

type Filter = Partial<AuditFilter> & AuditCondition;

/** Each filter with a value that many rows have, one that few have, and one that none has. */
const VALUES = {
  time: [
    { since: LAST_AT - DAY },
    { until: LAST_AT - 120 * DAY },
    { since: LAST_AT - 90 * DAY, until: LAST_AT - 60 * DAY },
  ],
  tool: [{ tool: 'observe_get' }, { tool: 'transaction_abort' }, { tool: 'observe_none' }],
  namespace: [{ namespace: 'team-0' }, { namespace: 'team-39' }, { namespace: 'nowhere' }],
  object: [{ object: 'Deployment/app-7' }, { object: 'app-7' }, { object: 'Pod/none' }],
  transaction: [{ transaction: 'txn-17000' }, { transaction: 'txn-0' }],
  actor: [{ actor: 'claude-code' }, { actor: 'session-900' }, { actor: 'nobody' }],
  decision: [{ decision: 'allow' }, { decision: 'refuse' }, { decision: 'ask' }],
  outcome: [{ outcome: 'ok' }, { outcome: 'failed' }],
  kinds: [{ kinds: ['outcome'] }, { kinds: ['step', 'transaction', 'policy'] }],
  fold: [{ fold: true }],
} satisfies Record<string, Filter[]>;

/** No filter, each alone, and every pair; two values each in a pair. */
export function filters(): Filter[] {
  const groups: Filter[][] = Object.values(VALUES);
  const pairs = groups.flatMap((one, i) =>
    groups
      .slice(i + 1)
      .flatMap((other) =>
        one.slice(0, 2).flatMap((a) => other.slice(0, 2).map((b) => ({ ...a, ...b }))),
      ),
  );
  const triples: Filter[] = [
    { tool: 'mitigate_patch', namespace: 'team-3', outcome: 'failed' },
    { tool: 'observe_get', namespace: 'team-0', decision: 'allow', since: LAST_AT - 7 * DAY },
    { actor: 'alice', decision: 'refuse', until: LAST_AT - 30 * DAY },
  ];
  return [{}, ...groups.flat(), ...pairs, ...triples];
}

/** Pages of the audit log, with totals, as audit_query and `audit list` ask for them. */
export async function audit({ quick, say }: Bench): Promise<Result[]> {
  const rows = quick ? 50_000 : 1_000_000;
  const folder = mkdtempSync(join(tmpdir(), 'stratus-bench-'));
  try {
    const path = join(folder, 'journal.db');
    say(`a journal of ${rows} rows`);
    fillJournal(path, rows);
    return await measure(path, rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function measure(path: string, rows: number): Promise<Result[]> {
  const journal = openJournalReader({ path });
  try {
    const all = filters();
    const times: { filter: Filter; ms: number }[] = [];
    for (const filter of all) {
      const runs: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        runs.push(await timed(async () => journal.audit.query({ ...filter, limit: PAGE })));
      }
      times.push({ filter, ms: median(runs) });
    }
    const slowest = times.reduce((a, b) => (a.ms > b.ms ? a : b));
    const over = times.filter(({ ms }) => ms > 10).length;
    const verifying = await timed(async () => {
      const found = journal.audit.verify();
      if (!found.ok) throw new Error(found.reason);
    });
    const ms = times.map((it) => it.ms);
    return [
      {
        bench: 'audit',
        what: `a page of ${PAGE} with its total, ${all.length} combinations of filters, ${rows} rows`,
        unit: 'ms',
        median: median(ms),
        p95: p95(ms),
        target: { of: 'median', most: 10 },
        note: `${over} above 10 ms`,
      },
      {
        bench: 'audit',
        what: 'the slowest of them',
        unit: 'ms',
        median: slowest.ms,
        target: { of: 'median', most: 10 },
        note: JSON.stringify(slowest.filter),
      },
      {
        bench: 'audit',
        what: `verifying all ${rows} rows`,
        unit: 'ms',
        median: verifying,
        note: `${Math.round(rows / verifying)} rows/ms`,
      },
    ];
  } finally {
    journal.close();
  }
}
