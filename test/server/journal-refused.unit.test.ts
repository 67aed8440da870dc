import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../src/journal/sqlite.ts';
import { openedJournal } from '../journal/support.ts';
import { call } from '../journal/support-rows.ts';
import { connect, temporaryFolder } from './support.ts';

test('a journal of a newer version: every call says so, and nothing in it is touched', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'journal.db');
  const journal = openedJournal(path);
  journal.audit.start(call('c-1'));
  journal.close();
  const raw = openSqlite(path);
  raw.exec('CREATE TABLE from_the_future (id INTEGER)');
  raw.pragma('user_version = 99');
  raw.close();
  const before = readFileSync(path);
  const { client } = await connect({ folder });
  for (const tool of ['observe_health', 'audit_query', 'transaction_status']) {
    const { isError, content } = await client.callTool({ name: tool, arguments: {} });
    expect(isError).toBe(true);
    const text = JSON.stringify(content);
    expect(text).toContain('journal_unavailable');
    expect(text).toContain('newer stratus-mcp (schema 99');
    expect(text).toContain('Run that newer version');
  }
  await client.close();
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a folder that may not be written: said in words, and the next call works once it may', async () => {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  mkdirSync(state);
  const root = process.geteuid?.() === 0;
  // Root may write everywhere, so for root a file stands where the folder should be.
  const path = join(state, 'deep', 'journal.db');
  if (root) openSqlite(join(state, 'deep')).close();
  else chmodSync(state, 0o500);
  onTestFinished(() => chmodSync(state, 0o700));
  const session = await connect({ folder, env: { STRATUS_JOURNAL: path } });
  const refused = await session.call('audit_query');
  expect(refused.text).toContain('journal_unavailable');
  expect(refused.text).toMatch(/can't be (created|used)|not a folder/);
  chmodSync(state, 0o700);
  if (root) rmSync(join(state, 'deep'));
  const answered = await session.call('audit_query');
  expect(answered.isError, answered.text).toBe(false);
  expect(readdirSync(join(state, 'deep'))).toContain('journal.db');
});
