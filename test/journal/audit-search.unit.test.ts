import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AuditFilter, AuditRow } from '../../src/journal/types.ts';
import { handClock, journalPath, openedJournal } from './support.ts';
import { call } from './support-rows.ts';

const TOOLS = ['observe_get', 'observe_list', 'mitigate_scale'];
const NAMESPACES = ['shop', 'bank'];
const CLIENTS = ['codex 1.0', 'codex 1.1', 'codex', 'codexa 1.0'];
const START = 1_000_000;

type Filter = Omit<AuditFilter, 'limit' | 'before'>;

/** What the words of a filter mean, row by row. */
function meets(row: AuditRow, filter: Filter): boolean {
  const { since, until, actor, object, kinds, transaction, ...equal } = filter;
  const same = (a: string | null, b: string) => a?.toLowerCase() === b.toLowerCase();
  return (
    (since === undefined || row.at >= since) &&
    (until === undefined || row.at < until) &&
    (kinds === undefined || kinds.includes(row.kind)) &&
    (transaction === undefined || row.transaction === transaction) &&
    (actor === undefined ||
      [row.client, row.principal, row.session].includes(actor) ||
      (row.client?.startsWith(`${actor} `) ?? false)) &&
    (object === undefined ||
      same(object.includes('/') ? row.object : (row.object?.split('/')[1] ?? null), object)) &&
    Object.entries(equal).every(([name, value]) => row[name as 'tool'] === value)
  );
}

const filters = fc.record(
  {
    since: fc.integer({ min: START - 5, max: START + 60 }),
    until: fc.integer({ min: START - 5, max: START + 60 }),
    tool: fc.constantFrom(...TOOLS, 'none'),
    namespace: fc.constantFrom(...NAMESPACES, 'none'),
    object: fc.constantFrom('Pod/a', 'pod/A', 'a', 'b', 'none'),
    actor: fc.constantFrom('codex', 'codex 1.1', 'alice', 'session-2', 'code'),
    transaction: fc.constantFrom('txn-1', 'txn-2'),
    decision: fc.constantFrom('allow', 'refuse'),
    outcome: fc.constantFrom('ok', 'failed'),
    kinds: fc.subarray(['call', 'outcome', 'step'] as const, { minLength: 1 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Filter>;

test('every combination of filters finds what it says, page by page, though the clock jumps', () => {
  const clock = handClock(START);
  const { audit } = openedJournal(journalPath(), { clock });
  for (let i = 0; i < 90; i++) {
    clock.advance(i % 30 === 29 ? -25 : 1);
    const id = `call-${i}`;
    const actor = {
      client: CLIENTS[i % 4] ?? '',
      principal: i % 5 === 0 ? 'alice' : 'bob',
      session: `session-${i % 3}`,
    };
    const tool = TOOLS[i % 3] ?? '';
    const namespace = NAMESPACES[i % 2] ?? '';
    const more = i % 4 === 0 ? { transaction: `txn-${i % 8 === 0 ? 1 : 2}` } : {};
    audit.start(
      call(id, { actor, tool, namespace, object: `Pod/${i % 7 < 4 ? 'a' : 'b'}`, ...more }),
    );
    // Nobody called for it.
    if (i % 8 === 3) audit.append({ kind: 'step', tool, outcome: 'ok', detail: {} });
    if (i % 9 === 0) continue;
    const ok = i % 10 !== 0;
    audit.end({
      call: id,
      decision: i % 6 === 0 ? 'refuse' : 'allow',
      outcome: ok ? 'ok' : 'failed',
      durationMs: 1,
    });
  }
  const all = [...audit.export({})].toReversed();
  fc.assert(
    fc.property(filters, fc.integer({ min: 1, max: 70 }), (filter, limit) => {
      const expected = all.filter((row) => meets(row, filter)).map(({ seq }) => seq);
      const seen: number[] = [];
      for (let before: number | undefined; ; ) {
        const page = audit.query({ ...filter, limit, ...(before === undefined ? {} : { before }) });
        expect(page.total).toBe(expected.length);
        expect(page.totalAtLeast).toBeUndefined();
        seen.push(...page.rows.map(({ seq }) => seq));
        before = page.nextBefore;
        if (before === undefined) break;
      }
      expect(seen).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

test('beyond a thousand matches the total is a lower bound and says so', () => {
  const { audit } = openedJournal(journalPath());
  for (let i = 0; i < 1_200; i++) {
    audit.start(call(`call-${i}`, { tool: i % 2 === 0 ? 'observe_get' : 'observe_list' }));
  }
  expect(audit.query({ limit: 5 })).toMatchObject({ total: 1_200 });
  expect(audit.query({ limit: 5 }).totalAtLeast).toBeUndefined();
  expect(audit.query({ tool: 'observe_get', limit: 5 }).total).toBe(600);
  const most = audit.query({ kinds: ['call'], limit: 5 });
  expect(most.totalAtLeast).toBe(true);
  expect(most.total).toBeGreaterThanOrEqual(1_000);
  expect(most.total).toBeLessThanOrEqual(1_200);
});
