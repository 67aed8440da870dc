import { describe, expect, test } from 'vitest';
import { auditCommand } from '../../src/cli/audit.ts';
import { openJournalReader } from '../../src/journal/open.ts';
import { openSqlite } from '../../src/journal/sqlite.ts';
import { writeIncident } from './story.ts';
import { handClock, writingJournal } from './support.ts';
import { call } from './support-rows.ts';

/** The journal of an incident, still open for writing, and a terminal on it. */
function incident() {
  const clock = handClock();
  const { journal, path, epoch } = writingJournal({ clock });
  writeIncident(journal, epoch, clock);
  const run = async (...args: string[]) => {
    const result = { out: '', err: '', code: 0 };
    const io = {
      stdout: (text: string) => {
        result.out += text;
      },
      stderr: (text: string) => {
        result.err += text;
      },
      exit: (code: number) => {
        result.code = code;
      },
    };
    const command = auditCommand(io, (file = path) => openJournalReader({ path: file }), clock);
    for (const each of [command, ...command.commands]) each.exitOverride();
    await command.parseAsync(args, { from: 'user' }).catch((error) => {
      result.code = error.exitCode;
    });
    return result;
  };
  return { journal, path, clock, run };
}

describe('audit show', () => {
  test('tells the story of a transaction', async () => {
    const { run } = incident();

    expect((await run('show', 'txn-1')).out).toMatchInlineSnapshot(`
      "txn-1  ABORTED
        why       catalog crash-loops
        who       claude-code 2.1.197 (alice)
        where     shop-prod https://shop.example:6443, namespaces shop
        when      opened 2026-03-01 12:00:00Z, deadline 2026-03-01 12:10:00Z, closed 2026-03-01 12:00:03Z after 3.0 s
        policy    sha256:d1
        severity  20 before, 28 after, 20 after the undo
        wrong     Deployment shop/catalog has 0 of 3 pods available [outage|Deployment/shop/catalog|NoPods]
        verdict   refused: 1 new critical violation.
                  NO G1 new critical violation: ImagePullBackOff
                  ok G3 everything that was serving is still there
        new       image \\u{1b}[2Jshop/catalog:1.2 can\\u{202e}t be pulled [waiting|Deployment/shop/catalog|ImagePullBackOff]
        outcome   The gate refused; everything was taken back.

      Steps
        1. UNDONE  patch Deployment shop/catalog (exact), command 1 by mitigate_set_container
           $ kubectl -n shop set image deployment/catalog app=shop/catalog:1.2
           the API server answered HTTP 200
           rehearsal of the undo: ok
           left different: metadata.generation is 3, was 1

      What happened (UTC)
        2026-03-01
        12:00:00.000  claude-code 2.1.197 (alice) calls transaction_begin {"reason":"catalog crash-loops","namespaces":["shop"]}
        12:00:00.250    severity 20 (before; violations: 1)
        12:00:00.250    transaction OPEN: catalog crash-loops
        12:00:00.500  transaction_begin ok in 500 ms, decision allow by rule default, severity 20
        12:00:00.750  claude-code 2.1.197 (alice) calls mitigate_delete {"kind":"ConfigMap","name":"coredns"}
        12:00:01.000  mitigate_delete refused in 12 ms, decision refuse by rule protected-namespaces
                        policy_refused: kube-system is protected.
        12:00:01.250  claude-code 2.1.197 (alice) calls mitigate_set_container {"image":"shop/catalog:1.2"}
        12:00:01.500    step 1 INTENT  shop Deployment/catalog
                        $ kubectl -n shop set image deployment/catalog app=shop/catalog:1.2
        12:00:01.750    step 1 INTENT → APPLIED (HTTP 200)  shop Deployment/catalog
        12:00:01.750    step 1 APPLIED → VERIFIED  shop Deployment/catalog
        12:00:02.000  mitigate_set_container ok in 640 ms, decision allow by rule shop
        12:00:02.250  claude-code 2.1.197 (alice) calls transaction_commit {}
        12:00:02.250    transaction OPEN → SETTLING
        12:00:02.500    severity 28 (settle; violations: 2), the same 2 times until 12:00:02.501
        12:00:02.750    transaction SETTLING → ABORTING, verdict refused: 1 new critical violation.
        12:00:02.750    step 1 VERIFIED → UNDO_INTENT  shop Deployment/catalog
        12:00:03.000    step 1 UNDO_INTENT → UNDO_APPLIED  shop Deployment/catalog
        12:00:03.000    step 1 UNDO_APPLIED → UNDONE  shop Deployment/catalog
        12:00:03.000    UNDONE: restored exactly  shop Deployment/catalog
        12:00:03.250    transaction ABORTING → ABORTED: The gate refused; everything was taken back.
        12:00:03.250  transaction_commit failed in 1250 ms, decision allow by rule default, severity 20 → 28
                        gate_refused: 1 new critical violation.
        12:00:03.500  claude-code 2.1.197 (alice) calls transaction_status {}
                      ! this call has no recorded end
      "
    `);
  });

  test('says so when there is no such transaction', async () => {
    const { run } = incident();

    expect(await run('show', 'txn-\u001b[2J')).toEqual({
      out: '',
      err: expect.stringMatching(
        /^There is no transaction txn-\\u\{1b\}\[2J in .*\n.*audit list\n$/,
      ),
      code: 1,
    });
  });
});

describe('audit list', () => {
  test('shows one line per call and event, newest first', async () => {
    const { run } = incident();

    expect((await run('list', '--limit', '6')).out).toMatchInlineSnapshot(`
      "SEQ  TIME                  EVENT               ACTOR                        DECISION  OUTCOME     TXN    OBJECT                   DETAIL
      21   2026-03-01 12:00:03Z  transaction_status  claude-code 2.1.197 (alice)  -         unfinished  txn-1  -                        {}
      20   2026-03-01 12:00:03Z  transaction_commit  claude-code 2.1.197 (alice)  allow     failed      txn-1  -                        gate_refused: 1 new critical violation.
      19   2026-03-01 12:00:03Z  transaction         -                            -         ABORTED     txn-1  -                        ABORTED
      18   2026-03-01 12:00:03Z  transaction         -                            -         -           txn-1  -                        ABORTING → ABORTED: The gate refused; everything was taken back.
      17   2026-03-01 12:00:03Z  step                -                            -         UNDONE      txn-1  shop Deployment/catalog  UNDONE: restored exactly
      16   2026-03-01 12:00:03Z  step                -                            -         -           txn-1  shop Deployment/catalog  step 1 UNDO_APPLIED → UNDONE
      6 of 17 rows; for older ones: --before 16
      "
    `);
  });

  test.each([
    ['--decision refuse', ['mitigate_delete']],
    ['--outcome unfinished', ['transaction_status']],
    ['--outcome failed', ['transaction_commit']],
    ['--object coredns', ['mitigate_delete']],
    ['--actor alice --namespace shop', ['mitigate_set_container']],
    ['--since 1s --tool transaction_status', ['transaction_status']],
    ['--until 2026-03-01T12:00:00.600 --actor claude-code', ['transaction_begin']],
    ['--since 2026-03-02', []],
  ])('finds by %s', async (options, tools) => {
    const { run } = incident();

    const { out } = await run('list', '--json', ...options.split(' '));

    const rows = out.split('\n').filter((line) => line !== '');
    expect(rows.map((row) => JSON.parse(row).tool)).toEqual(tools);
  });

  test('goes on where a page ended', async () => {
    const { run } = incident();
    const first = await run('list', '--limit', '10');
    const before = /--before (\d+)/.exec(first.out)?.[1] ?? '';

    const { out } = await run('list', '--limit', '10', '--before', before);

    expect(out).toMatch(/transaction_begin .* ok/);
    expect(out).toMatch(/7 of 17 rows\n$/);
  });

  test('lets no text of a caller fake a line or hide one', async () => {
    const { run, journal } = incident();
    journal.audit.start(
      call('c-9', { object: 'a\n99  fake', args: { x: '\u202e\u001b[1A' }, namespace: '\u200b' }),
    );

    const { out } = await run('list', '--limit', '1');

    expect(out).toContain('\\u{200b} a\\n99  fake');
    expect(out).toContain('{"x":"\\u202e\\u001b[1A"}');
    expect(out.split('\n')).toHaveLength(4);
  });

  test.each([
    [['--since', 'yesterday'], /Use 30m, 2h or 7d/],
    [['--decision', 'maybe'], /Allowed choices are allow, ask, refuse, none/],
    [['--limit', '0'], /whole number from 1 on/],
  ])('refuses %j with what to write instead', async (options, reason) => {
    const { run } = incident();

    const { code, err } = await run('list', ...options);

    expect(code).toBe(1);
    expect(err).toMatch(reason);
  });
});

describe('audit export', () => {
  test('writes every row as a line of JSON, oldest first', async () => {
    const { run, journal } = incident();

    const { out } = await run('export');

    const rows = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toEqual(JSON.parse(JSON.stringify([...journal.audit.export({})])));
    expect(rows[0]).toMatchObject({ seq: 1, kind: 'call', tool: 'transaction_begin' });
  });
});

describe('audit verify', () => {
  test('says that the chain is whole', async () => {
    const { run } = incident();

    expect(await run('verify')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The audit chain is whole: 21 rows, head [0-9a-f]{64}\n$/),
    });
  });

  test('ends with exit code 1 when a row was changed', async () => {
    const { run, path } = incident();
    const raw = openSqlite(path);
    raw.exec(`DROP TRIGGER audit_no_update; UPDATE audit SET principal = 'bob' WHERE seq = 5`);
    raw.close();

    expect(await run('verify')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^The audit chain is broken at row 5\. /),
    });
  });
});

test('a journal that is not there is named on stderr', async () => {
  const { run } = incident();

  expect(await run('--journal', '/nowhere/journal.db', 'list')).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^There is no journal at \/nowhere\/journal\.db\.\n/),
  });
});
