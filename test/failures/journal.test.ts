import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../src/journal/sqlite.ts';
import { useCluster } from '../cluster/index.ts';
import { begin, expectUntouched, kill, openBench, setMode } from '../recovery/bench.ts';
import { startRaw } from './raw.ts';
import { expectRefused, expectTeaches } from './teaches.ts';

const cluster = useCluster();

/** Each prepares a journal file that can't be used. */
const BROKEN: [what: string, prepare: (path: string) => void][] = [
  ['a folder in its place', (path) => mkdirSync(path)],
  ['a file that is no database', (path) => writeFileSync(path, 'words '.repeat(2_000), mode())],
];

function mode() {
  return { mode: 0o600 };
}

for (const [what, prepare] of BROKEN) {
  test(`a journal that can't be used (${what}): each call says so, none runs`, {
    timeout: 60_000,
  }, async () => {
    const bench = await openBench(cluster, 'nojournal');
    onTestFinished(() => bench.remove());
    prepare(bench.journal);
    const before = await bench.configMap('settings');
    const server = await bench.start();
    try {
      expect((await server.client.listTools()).tools.length).toBeGreaterThan(10);
      expectRefused(await server.call('observe_health', {}), 'journal_unavailable');
      expectRefused(await setMode(server, bench, 'slow'), 'journal_unavailable');
      expectRefused(await server.call('audit_query', {}), 'journal_unavailable');
      expectUntouched(await bench.configMap('settings'), before);
    } finally {
      await kill(server);
    }
  });
}

test('a journal damaged in the middle: no call runs, no stack trace', {
  timeout: 60_000,
}, async () => {
  const bench = await openBench(cluster, 'damaged');
  onTestFinished(() => bench.remove());
  const first = await bench.start();
  await setMode(first, bench, 'slow');
  await first.close();
  const bytes = readFileSync(bench.journal);
  bytes.fill(0xff, 4_096, bytes.length);
  writeFileSync(bench.journal, bytes, mode());
  const before = await bench.configMap('settings');
  const server = await bench.start();
  try {
    expectTeaches(await setMode(server, bench, 'broken'), 'journal_unavailable');
    expectTeaches(await server.call('observe_health', {}), 'journal_unavailable');
    expectUntouched(await bench.configMap('settings'), before);
  } finally {
    await kill(server);
  }
});

test('a journal that another process locks: refused while it does, fine afterwards', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'locked');
  onTestFinished(() => bench.remove());
  const before = await bench.configMap('settings');
  const server = await bench.start();
  const other = await server
    .call('observe_health', {})
    .then(() => openSqlite(bench.journal, { timeout: 5_000 }));
  try {
    const transaction = await begin(server, bench);
    other.exec('BEGIN IMMEDIATE');
    const refused = await setMode(server, bench, 'slow', { transaction });
    expectRefused(refused, 'journal_unavailable');
    expect(refused.text).toContain('is locked by another process');
    expectUntouched(await bench.configMap('settings'), before);
    other.exec('ROLLBACK');
    const accepted = await setMode(server, bench, 'slow', { transaction });
    expect(accepted.data, accepted.text).toMatchObject({ status: 'applied' });
  } finally {
    other.close();
    await kill(server);
  }
});

test('an invalid policy file stops the start with file and line, and writes no journal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratus-policy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const policy = join(folder, 'policy.yaml');
  writeFileSync(policy, 'version: 1\nname: x\nbounds:\n  commands: many\n');
  const server = await startRaw({
    kubeconfig: cluster.kubeconfig(),
    journal: join(folder, 'journal.db'),
    policy,
    expectFailure: true,
  });
  const { code } = await server.gone(performance.now());
  expect(code).not.toBe(0);
  expect(server.stderr()).toContain(policy);
  expect(server.stderr()).toMatch(/line 4/);
  expect(server.stderr()).not.toMatch(/^\s+at /m);
});
