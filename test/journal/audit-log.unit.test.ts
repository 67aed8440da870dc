import { describe, expect, test } from 'vitest';
import type { AuditFilter } from '../../src/journal/types.ts';
import { handClock, journalPath, openedJournal } from './support.ts';
import { call, NOON } from './support-rows.ts';

const MINUTE = 60_000;

/** Four calls, a minute apart, of different tools, actors and outcomes; the last has no end. */
function filled() {
  const clock = handClock();
  const journal = openedJournal(journalPath(), { clock });
  const { audit } = journal;
  audit.start(call('c-1', { namespace: 'shop' }));
  audit.end({ call: 'c-1', decision: 'allow', rule: 'reads', outcome: 'ok', durationMs: 3 });
  clock.advance(MINUTE);
  audit.start(
    call('c-2', {
      ...{ tool: 'mitigate_scale', namespace: 'shop', object: 'Deployment/catalog' },
      actor: { client: 'codex 0.169.0', principal: 'bob', session: 'session-2' },
    }),
  );
  audit.end({
    ...{ call: 'c-2', decision: 'refuse', rule: 'protected', outcome: 'refused', durationMs: 5 },
    ...{ code: 'policy_refused', message: 'No.' },
  });
  clock.advance(MINUTE);
  audit.start(call('c-3', { tool: 'transaction_begin', args: { reason: 'why' } }));
  audit.append({ kind: 'transaction', transaction: 'txn-1', call: 'c-3', detail: { to: 'OPEN' } });
  audit.end({
    ...{ call: 'c-3', decision: 'allow', outcome: 'ok', durationMs: 7, transaction: 'txn-1' },
    ...{ severityBefore: 20 },
  });
  clock.advance(MINUTE);
  audit.start(call('c-4', { tool: 'mitigate_scale', namespace: 'blog', object: 'Deployment/web' }));
  return journal;
}

describe('the audit log', () => {
  test('joins the end of a call with who and what its start named', () => {
    const { audit } = filled();

    const { rows } = audit.query({ limit: 1, outcome: 'refused' });

    expect(rows).toMatchObject([
      {
        ...{ kind: 'outcome', call: 'c-2', client: 'codex 0.169.0', principal: 'bob' },
        ...{ session: 'session-2', tool: 'mitigate_scale', namespace: 'shop' },
        ...{ object: 'Deployment/catalog', decision: 'refuse', rule: 'protected' },
        detail: { code: 'policy_refused', message: 'No.', durationMs: 5 },
        at: NOON + MINUTE,
      },
    ]);
  });

  test.each<[string, Omit<AuditFilter, 'limit'>, string[]]>([
    ['since', { since: NOON + 3 * MINUTE }, ['call c-4']],
    ['until, exclusive', { until: NOON + MINUTE }, ['outcome c-1', 'call c-1']],
    ['tool', { tool: 'mitigate_scale' }, ['call c-4', 'outcome c-2', 'call c-2']],
    ['namespace', { namespace: 'blog' }, ['call c-4']],
    ['object', { object: 'Deployment/catalog' }, ['outcome c-2', 'call c-2']],
    ['object in another case', { object: 'deployment/Web' }, ['call c-4']],
    ['the bare name of an object', { object: 'web' }, ['call c-4']],
    ['transaction', { transaction: 'txn-1' }, ['outcome c-3', 'transaction c-3']],
    ['principal', { actor: 'bob' }, ['outcome c-2', 'call c-2']],
    ['client', { actor: 'codex 0.169.0' }, ['outcome c-2', 'call c-2']],
    ['client without version', { actor: 'codex' }, ['outcome c-2', 'call c-2']],
    ['a part of a name, which is nobody', { actor: 'code' }, []],
    ['session', { actor: 'session-2' }, ['outcome c-2', 'call c-2']],
    ['decision', { decision: 'allow' }, ['outcome c-3', 'outcome c-1']],
    ['outcome', { outcome: 'ok' }, ['outcome c-3', 'outcome c-1']],
    ['kinds', { kinds: ['transaction'] }, ['transaction c-3']],
    ['two at once', { tool: 'mitigate_scale', namespace: 'shop' }, ['outcome c-2', 'call c-2']],
  ])('is filtered by %s', (_what, filter, expected) => {
    const { audit } = filled();

    const { rows, total } = audit.query({ ...filter, limit: 50 });

    expect(rows.map((row) => `${row.kind} ${row.call}`)).toEqual(expected);
    expect(total).toBe(expected.length);
    const exported = [...audit.export(filter)].map((row) => `${row.kind} ${row.call}`);
    expect(exported).toEqual([...expected].reverse());
  });

  test('is read page by page, without a row lost or twice, while it grows', () => {
    const { audit } = filled();
    const seen: number[] = [];
    let before: number | undefined;
    do {
      const page = audit.query({ limit: 3, ...(before === undefined ? {} : { before }) });
      seen.push(...page.rows.map((row) => row.seq));
      before = page.nextBefore;
      audit.append({ kind: 'server', detail: {} });
    } while (before !== undefined);

    expect(seen).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('tells the story of a transaction from the call that opened it', () => {
    const story = filled().audit.story('txn-1');

    expect(story.map((row) => `${row.kind} ${row.call}`)).toEqual([
      ...['call c-3', 'transaction c-3', 'outcome c-3'],
    ]);
    expect(story[0]?.detail).toEqual({ args: { reason: 'why' } });
  });

  test('can be written while it is exported', () => {
    const { audit } = filled();

    for (const row of audit.export({})) {
      if (row.seq < 5) audit.append({ kind: 'server', detail: { seen: row.seq } });
    }

    expect(audit.verify()).toMatchObject({ ok: true, rows: 12 });
  });

  test('takes the start and the end of a call once', () => {
    const { audit } = filled();

    expect(() => audit.start(call('c-1'))).toThrow('already started');
    expect(() =>
      audit.end({ call: 'c-1', decision: 'allow', outcome: 'ok', durationMs: 1 }),
    ).toThrow('already ended');
    expect(audit.verify()).toMatchObject({ ok: true, rows: 8 });
  });

  test('notes a policy when its digest changes, also across a restart', () => {
    const path = journalPath();
    const first = openedJournal(path);
    const policy = { name: 'default', source: 'built in', digest: 'sha256:1' };
    first.notePolicy(policy);
    first.notePolicy(policy);
    first.close();
    const { audit, notePolicy } = openedJournal(path);
    notePolicy(policy);
    notePolicy({ ...policy, digest: 'sha256:2' });

    const { rows } = audit.query({ kinds: ['policy'], limit: 9 });
    expect(rows.map((row) => row.detail)).toEqual([
      { ...policy, digest: 'sha256:2', previous: 'sha256:1' },
      policy,
    ]);
  });
});
