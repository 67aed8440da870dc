import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { nodeCheck } from '../../src/cli/doctor/machine.ts';
import { openSqlite } from '../../src/journal/sqlite.ts';
import { spawnChild } from '../journal/children.ts';
import { handClock, openedJournal } from '../journal/support.ts';
import { call, transaction } from '../journal/support-rows.ts';
import { environment, ROOT, SERVER, temporaryFolder } from '../server/support.ts';
import { doctor } from './doctor-run.ts';

test('without a cluster and without a journal: it says so, looks at the rest, and makes nothing', async () => {
  const folder = temporaryFolder();
  const found = await doctor(folder);
  expect(found.healthy).toBe(false);
  expect(found.of('kubeconfig')).toMatch(/^fail: No cluster is configured/);
  expect(found.of('node')).toMatch(/^ok: /);
  expect(found.of('policy')).toMatch(/^ok: "default"/);
  expect(found.of('journal')).toMatch(/^warn: there is none at/);
  for (const { status, next } of found.checks) if (status !== 'ok') expect(next).toBeTruthy();
  expect(readdirSync(folder)).toEqual([]);
});

test('the command line: text for people, exit code 1 when something fails', async () => {
  const folder = temporaryFolder();
  const options = { cwd: ROOT, env: environment(folder) };
  const run = promisify(execFile)(process.execPath, [...SERVER, 'doctor'], options);
  const { code, stdout } = await run.then(
    (done) => ({ code: 0, ...done }),
    (error: { code: number; stdout: string }) => error,
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(/^fail {2}kubeconfig +No cluster is configured/m);
  expect(stdout).toMatch(/^ok {4}node +/m);
  expect(stdout).toMatch(/1 failed\n$/);
}, 60_000);

test('Node: too old fails, untested warns', () => {
  expect(nodeCheck('20.18.1').status).toBe('fail');
  expect(nodeCheck('18.20.0').status).toBe('fail');
  expect(nodeCheck('20.19.0').status).toBe('ok');
  expect(nodeCheck('23.1.0').status).toBe('warn');
});

test('policy: patterns and weights that mean nothing are named', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'policy.yaml');
  writeFileSync(
    file,
    `version: 1
name: slips
rules:
  - { id: look, effect: allow, tools: [observe_*, observe_helth] }
  - { id: gone, effect: refuse, tools: [mitigate_fly] }
severity:
  weights: { outrage: 3 }
`,
  );
  const { of } = await doctor(folder, { STRATUS_POLICY: file });
  expect(of('policy')).toContain(
    'warn: rule look: observe_helth matches no tool; did you mean observe_health?',
  );
  expect(of('policy')).toContain('warn: rule gone: mitigate_fly matches no tool');
  expect(of('policy')).toContain('warn: severity.weights: outrage matches no predicate');
  writeFileSync(file, 'version: 1\nname: x\n');
  expect((await doctor(folder, { STRATUS_POLICY: file })).of('policy')).toMatch(
    /^fail: .*rules is missing/,
  );
});

/** A folder with a closed journal that holds some calls. */
function withJournal(prepare: (journal: ReturnType<typeof openedJournal>) => void = () => {}) {
  const folder = temporaryFolder();
  const path = join(folder, 'journal.db');
  const journal = openedJournal(path, { clock: handClock(Date.now()) });
  for (let i = 0; i < 5; i += 1) journal.audit.start(call(`c-${i}`));
  prepare(journal);
  journal.close();
  return { folder, path };
}

test('journal: a sound one is ok in all its parts, and is not touched', async () => {
  const { folder, path } = withJournal();
  const before = statSync(path);
  const { of } = await doctor(folder);
  for (const area of [
    'journal',
    'audit chain',
    'disk',
    'sealing key',
    'transactions',
    'writer lock',
  ]) {
    expect(of(area), area).toMatch(/^ok: /);
  }
  expect(of('journal')).toContain('5 audit rows');
  expect(statSync(path)).toMatchObject({ mtimeMs: before.mtimeMs, size: before.size });
});

test('journal: open to others, without its key, changed rows, transactions left over', async () => {
  const { folder, path } = withJournal((journal) => {
    const lock = journal.lock.acquire();
    const epoch = lock.kind === 'held' ? lock.epoch : 0;
    const { transactions } = journal;
    transactions.create(transaction({ epoch }));
    const { id } = transactions.create(transaction({ epoch }));
    transactions.move(id, ['OPEN'], 'ABORT_INCOMPLETE', epoch);
  });
  const raw = openSqlite(path);
  raw.exec('DROP TRIGGER audit_no_update');
  raw.exec(`UPDATE audit SET tool = 'x' WHERE seq = 5`);
  raw.close();
  rmSync(`${path}.key`);
  chmodSync(path, 0o644);

  const { of, healthy } = await doctor(folder);
  expect(healthy).toBe(false);
  expect(of('file modes')).toMatch(/^warn: others may use .*mode 644.*chmod 600/);
  expect(of('sealing key')).toMatch(/^fail: there is none/);
  expect(of('audit chain')).toMatch(/^fail: Row 5 doesn't match/);
  expect(of('transactions')).toMatch(/fail: txn-2 could not be taken back/);
  expect(of('transactions')).toMatch(/warn: txn-1 not finished, and no server is writing/);
  expect(existsSync(`${path}.key`)).toBe(false);
  expect(statSync(path).mode & 0o777).toBe(0o644);
});

test('journal: of a newer version, or no journal at all', async () => {
  const { folder, path } = withJournal();
  const raw = openSqlite(path);
  raw.pragma('user_version = 99');
  raw.close();
  expect((await doctor(folder)).of('journal')).toMatch(/^fail: .*newer stratus-mcp \(schema 99/);
  writeFileSync(path, 'words '.repeat(1_000));
  expect((await doctor(folder)).of('journal')).toMatch(/^fail: .*not a SQLite database/);
});

test('writer lock: names the process that holds it, and leaves it to that', async () => {
  const { folder, path } = withJournal();
  const holder = spawnChild(['hold', path, 'of the test']);
  await holder.line(0);
  const { of } = await doctor(folder);
  expect(of('writer lock')).toContain(
    `ok: held by process ${holder.process.pid} (child of the test)`,
  );
  const again = spawnChild(['acquire', path]);
  expect(JSON.parse(await again.line(0))).toMatchObject({ kind: 'busy' });
});

/** An API server that answers a version, with a clock of its own. */
async function apiServer(aheadMs: number, version = 'v1.36.3'): Promise<string> {
  const server = createServer((_, response) => {
    const date = new Date(Date.now() + aheadMs).toUTCString();
    response.setHeader('date', date).setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ gitVersion: version }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function against(server: string, user: object = { token: 'canary-5up3r' }) {
  const folder = temporaryFolder();
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'lab' },
    clusters: [{ name: 'lab', cluster: { server } }],
    users: [{ name: 'ann', user }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'ann', namespace: 'shop' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return doctor(folder, { KUBECONFIG: kubeconfig });
}

test('clock: warns when the API server lives in another time', async () => {
  expect((await against(await apiServer(0))).of('clock')).toMatch(/^ok: /);
  expect((await against(await apiServer(60_000))).of('clock')).toMatch(
    /^warn: (59|60)\.\d s behind/,
  );
  expect((await against(await apiServer(-60_000))).of('clock')).toMatch(/^warn: .* ahead of/);
});

test('cluster: an untested version, a server that is gone, a plugin that is not there', async () => {
  const old = await against(await apiServer(0, 'v1.20.0'));
  expect(old.of('version')).toMatch(/^warn: Kubernetes v1\.20\.0/);
  expect(old.of('kubeconfig')).toContain('context lab, user ann, namespace shop');
  expect(JSON.stringify(old.checks)).not.toContain('canary');

  const gone = await against('http://127.0.0.1:9');
  expect(gone.of('api server')).toMatch(/^fail: /);
  expect(gone.of('policy')).toMatch(/^ok: /);

  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'no-such-plugin',
    interactiveMode: 'Never',
  };
  expect((await against(await apiServer(0), { exec })).of('exec plugin')).toMatch(
    /^fail: no-such-plugin/,
  );
});
