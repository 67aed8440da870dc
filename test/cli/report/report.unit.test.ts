import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { auditCommand } from '../../../src/cli/audit.ts';
import { reportCommand } from '../../../src/cli/audit-report.ts';
import { openJournalReader } from '../../../src/journal/open.ts';
import { openSqlite } from '../../../src/journal/sqlite.ts';
import { BUILT_IN_KEY_PATTERNS } from '../../../src/policy/redaction.ts';
import { writeIncident } from '../../journal/story.ts';
import { temporaryFolder, writingJournal } from '../../journal/support.ts';
import { handClock, SECRET, writeAttempts } from './incident.ts';
import { parse } from './markup.ts';

/** A terminal at a journal that something was written into. */
function terminal(write: typeof writeAttempts, env: NodeJS.ProcessEnv = {}) {
  const clock = handClock();
  const { journal, path, epoch } = writingJournal({ clock });
  write(journal, epoch, clock);
  const folder = temporaryFolder();
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
    const report = reportCommand({
      ...io,
      ...{ clock, folder, version: '1.2.3' },
      open: (file = path) => openJournalReader({ path: file, env }),
      redaction: async () => ({ keyPatterns: BUILT_IN_KEY_PATTERNS }),
    });
    const command = auditCommand(io, (file = path) => openJournalReader({ path: file }), clock);
    command.addCommand(report);
    await command.parseAsync(['report', ...args], { from: 'user' });
    return result;
  };
  /** The words of the page, without its markup. */
  const words = async (id: string) => parse((await run(id, '--output', '-')).out).text;
  return { journal, path, folder, run, words };
}

describe('audit report', () => {
  test('writes a page named after its subject, for its owner, and says where', async () => {
    const { run, folder } = terminal(writeIncident);
    const file = join(folder, 'txn-1.html');
    const { out, err, code } = await run('txn-1');
    expect({ out: out.replace(/\d+\.\d kB/, 'N kB'), err, code }).toEqual({
      out: `Wrote ${file} (N kB). Open it in a browser.\n`,
      ...{ err: '', code: 0 },
    });
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await run('txn-1', '--output', 'other.html')).out).toContain('other.html');
  });

  test('--output - is stdout, with nothing but the page', async () => {
    const { run } = terminal(writeIncident);
    const { out } = await run('txn-1', '--output', '-');
    expect(out).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
  });

  test.each(['txn-9', 'inc-9', '../../x', 'txn-\u001b[2J'])(
    '%j: says that there is none',
    async (id) => {
      const { run } = terminal(writeIncident);
      const { out, err, code } = await run(id);
      expect({ out, code }).toEqual({ out: '', code: 1 });
      expect(err).toMatch(/^There is no (incident|transaction) .*\n.*audit list\n$/);
      expect(err).not.toContain('\u001b');
    },
  );

  test('says which file it could not write', async () => {
    const { run } = terminal(writeIncident);
    const { err, code } = await run('txn-1', '--output', 'missing/page.html');
    expect(code).toBe(1);
    expect(err).toMatch(/missing\/page\.html can't be written \(ENOENT\)\.\n.*--output/);
  });
});

describe('the page of a transaction', () => {
  test('tells reason, verdict, steps, undo and timeline', async () => {
    const { words } = terminal(writeIncident);
    const page = await words('txn-1');
    for (const part of [
      'txn-1: catalog crash-loops',
      'Everything was taken back, and that was verified.',
      'G1: nothing new and critical',
      'new critical violation: ImagePullBackOff',
      '1. patch Deployment shop/catalog',
      'kubectl -n shop set image deployment/catalog app=shop/catalog:1.2',
      'metadata.generation is 3, was 1',
      'claude-code 2.1.197 (alice) calls mitigate_delete: refused in 12 ms, refuse by rule protected-namespaces',
      '28 (settle; violations: 2), 2 times until 12:00:02.501',
      'UNDONE: restored exactly',
      'This call has no recorded end.',
      // Control characters of the cluster are there to be seen, not to act.
      'image \\u{1b}[2Jshop/catalog:1.2 can\\u{202e}t be pulled',
    ]) {
      expect(page).toContain(part);
    }
  });

  test('has each diff, with secrets masked that differ', async () => {
    const { run, words } = terminal(writeAttempts);
    const page = await words('txn-1');
    expect(page).toContain(
      '-          image: shop/catalog:1.1\n+          image: shop/catalog:1.2',
    );
    expect(page).toMatch(
      /DB_PASSWORD\n-\s+value: "<redacted: \d+ bytes>"\n\+\s+value: "<redacted: \d+ bytes, changed>/,
    );
    for (const id of ['inc-1', 'txn-1', 'txn-2']) {
      expect((await run(id, '--output', '-')).out).not.toContain(SECRET);
    }
  });

  test('says why a diff is missing when the key is another one', async () => {
    const other = Buffer.alloc(32, 7).toString('base64');
    const { words } = terminal(writeAttempts, { STRATUS_JOURNAL_KEY: other });
    const page = await words('txn-1');
    expect(page).toMatch(/No diff: The images of txn-1 can't be opened: .*another key/);
    expect(page).toContain('Severity over time');
  });
});

describe('the page of an incident', () => {
  test('tells phases, hypotheses with evidence, both attempts and what was looked at', async () => {
    const { words } = terminal(writeAttempts);
    const page = await words('inc-1');
    for (const part of [
      'inc-1: the shop answers 503',
      'detection → diagnosis (attempt 1)',
      'undoing → diagnosis (attempt 2)',
      'the image tag of catalog does not exist',
      'the registry lists 1.1 and 1.3',
      'Deployment shop/catalog: has 0 of 3 pods available',
      'Deployment shop/old: retired',
      'Transaction txn-1',
      'Transaction txn-2',
      'spec.replicas',
      'observe_logs: ok in 700 ms',
      'not observed: 1',
    ]) {
      expect(page).toContain(part);
    }
    // It was called before the incident was opened.
    expect(page).not.toContain('observe_health');
  });

  test('draws each measurement, and the baseline', async () => {
    const { run } = terminal(writeAttempts);
    const { tags } = parse((await run('inc-1', '--output', '-')).out);
    const svg = (name: string, kind: string) =>
      tags.filter((tag) => tag.name === name && tag.attributes.get('class') === kind);
    // Opening, end, and eleven samples of which one is unknown.
    expect(svg('circle', 'dot')).toHaveLength(12);
    expect(svg('line', 'baseline')).toHaveLength(1);
    const [chart] = tags.filter(({ name }) => name === 'svg');
    expect(chart?.attributes.get('aria-label')).toBe(
      'Severity over time: 12 measurements, the first 20, the highest 28, the last 0, baseline 20.',
    );
  });
});

describe('the proof', () => {
  test('names the rows that were checked and the head, as audit verify does', async () => {
    const { words, journal } = terminal(writeIncident);
    const verified = journal.audit.verify();
    const page = await words('txn-1');
    expect(verified).toMatchObject({ ok: true, rows: 21 });
    expect(page).toContain('from 1 to 21');
    const rows = [...journal.audit.export({})];
    for (const row of [rows[0], rows.at(-1)])
      expect(page).toContain(`row ${row?.seq}, ${row?.hash}`);
  });

  test('of a changed row: the page says so, and the exit code is 1', async () => {
    const { run, path, words } = terminal(writeIncident);
    const sql = openSqlite(path);
    sql.exec('DROP TRIGGER IF EXISTS audit_no_update');
    sql.prepare("UPDATE audit SET outcome = 'ok' WHERE seq = 4").run();
    sql.close();
    const { err, code } = await run('txn-1');
    expect({ err, code }).toEqual({
      err: expect.stringMatching(/^The audit chain is broken at row 4\./),
      code: 1,
    });
    expect(await words('txn-1')).toMatch(/The chain is broken at row 4\./);
  });
});
