import { spawnSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type JsonObject, parseJson } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { begin } from '../recovery/bench.ts';
import { type ApprovalBench, approvalBench, setCareful } from '../transaction/approval-bench.ts';
import { BIN, openTerminal, withoutTerminal } from './terminal.ts';

const cluster = useCluster();
const missing = withoutTerminal();
if (missing !== undefined) console.warn(`skipped, the watch in a terminal: ${missing}`);

const watching = (bench: ApprovalBench, ...words: string[]) => [
  ...[process.execPath, BIN, 'watch', '--journal', bench.journal, ...words],
];

function digestOf(bench: ApprovalBench, id: string): string {
  return String((parseJson(bench.cli('show', id, '--json').out) as JsonObject).digest);
}

test.skipIf(missing !== undefined)(
  'who watches sees the transaction, approves by keys, and the repeated call goes through',
  { timeout: 180_000 },
  async () => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const screen = openTerminal(watching(bench), { rows: 24, columns: 100 });
    await screen.until('none waits');
    const transaction = await begin(server, bench);
    await screen.until(new RegExp(`${transaction}  OPEN  .* left  severity \\S+ → \\S+`));
    await screen.until(/lock: process \d+/);

    const asked = await setCareful(server, bench, 'slow', { transaction });
    const id = bench.asked(asked);
    await screen.until(new RegExp(`${id}  WAITING  .* left`));
    await screen.until('1 waiting for a person');

    // A wrong digest decides nothing.
    screen.press('a');
    await screen.until('type the first 6');
    expect(screen.emulator.text()).toContain(`approve ${id}`);
    expect(screen.emulator.cursor).toBe(true);
    screen.press('yes\r');
    await screen.until('was not approved');
    expect(bench.read(({ approvals }) => approvals.get(id)?.state)).toBe('WAITING');

    screen.press('a');
    await screen.until('type the first 6');
    expect(screen.emulator.text()).not.toContain('+  mode: slow');
    screen.press('\u001b[6~');
    await screen.until('+  mode: slow');
    screen.press(digestOf(bench, id).slice(0, 6));
    screen.press('\r');
    await screen.until(`${id} is approved for one run`);

    const done = await setCareful(server, bench, 'slow', { transaction });
    expect(done.isError, done.text).toBe(false);
    await screen.until(/1\/\d+ commands {2}1\/\d+ objects/);
    const committed = await server.call('transaction_commit', { transaction });
    expect(committed.isError, committed.text).toBe(false);
    expect(await bench.mode()).toEqual({ mode: 'slow' });
    await screen.until(new RegExp(`${transaction}  COMMITTED`));
    const row = bench.read(({ approvals }) => approvals.get(id));
    expect(row).toMatchObject({ state: 'USED', decidedWith: 'command line' });
    const found = bench.read(({ audit }) => audit.query({ tool: 'cli approve', limit: 9 }));
    expect(found.rows.some(({ outcome, kind }) => kind === 'outcome' && outcome === 'ok')).toBe(
      true,
    );

    screen.press('q');
    expect(await screen.exited).toBe(0);
    const { emulator } = screen;
    expect(emulator.strange).toEqual([]);
    expect(emulator).toMatchObject({ alternate: false, cursor: true, wraps: true });
  },
);

test.skipIf(missing !== undefined)(
  'a refusal tells the assistant why; the cluster is asked for the Lease only on demand',
  { timeout: 120_000 },
  async () => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const id = bench.asked(await setCareful(server, bench, 'slow'));
    const words = ['--ask-cluster', '--kubeconfig', cluster.kubeconfig()];
    const screen = openTerminal(watching(bench, ...words), { rows: 24, columns: 120 });
    await screen.until(id);
    await screen.until(/Lease: (The Lease|there is no)/);
    screen.press('r');
    await screen.until('say why');
    screen.press('not before the sale');
    screen.press('\r');
    await screen.until(`${id} is refused.`);
    const again = await setCareful(server, bench, 'slow');
    expect(again.text).toContain('not before the sale');
    screen.press('\u0003');
    expect(await screen.exited).toBe(0);
    expect(screen.emulator.strange).toEqual([]);
  },
);

test.skipIf(missing !== undefined)(
  'narrow, resized, with a journal that goes away, and ended by signals',
  { timeout: 120_000 },
  async () => {
    const bench = await approvalBench(cluster);
    const server = await bench.as();
    const id = bench.asked(await setCareful(server, bench, 'slow'));
    await server.close();
    for (const [name, number, code] of [
      ['SIGINT', 2, 130],
      ['SIGTERM', 15, 143],
      ['SIGHUP', 1, 129],
    ] as const) {
      const screen = openTerminal(watching(bench), {
        rows: 10,
        columns: 40,
        env: { NO_COLOR: '1' },
      });
      await screen.until(id);
      screen.resize(30, 200);
      await screen.until('q quit');
      await screen.until(() => !screen.emulator.text().includes('#'));
      expect(screen.emulator.text()).toContain('rule ask-for-careful');
      if (name === 'SIGTERM') {
        const files = ['', '-wal', '-shm'].filter((end) => existsSync(`${bench.journal}${end}`));
        for (const end of files) renameSync(`${bench.journal}${end}`, `${bench.journal}.off${end}`);
        await screen.until('Trying again');
        expect(screen.emulator.text()).toContain(id);
        for (const end of files) renameSync(`${bench.journal}.off${end}`, `${bench.journal}${end}`);
        await screen.until(() => !screen.emulator.text().includes('Trying again'));
      }
      screen.signal(number);
      expect(await screen.exited, name).toBe(code);
      expect(screen.emulator.strange).toEqual([]);
      expect(screen.emulator).toMatchObject({ alternate: false, cursor: true, wraps: true });
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such sequences
      expect(screen.raw()).not.toMatch(/\u001b\[(?:\d+;)*3\dm/);
    }
  },
);

test.skipIf(missing !== undefined)('a crash gives the terminal back, too', async () => {
  const bench = await approvalBench(cluster);
  const crash = 'setTimeout(() => { throw new Error("crashed on purpose") }, 3000)';
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(crash)}` };
  const screen = openTerminal(watching(bench), { rows: 24, columns: 80, env });
  await screen.until('Trying again');
  expect(screen.emulator).toMatchObject({ alternate: true, cursor: false, wraps: false });
  expect(await screen.exited).toBe(1);
  expect(screen.emulator).toMatchObject({ alternate: false, cursor: true, wraps: true });
  // What it has to say can be read after that.
  const [, after] = screen.raw().split('\u001b[?1049l');
  expect(after).toContain('crashed on purpose');
});

test('without a terminal: one sentence, or one snapshot', { timeout: 120_000 }, async () => {
  const bench = await approvalBench(cluster);
  const server = await bench.as();
  const id = bench.asked(await setCareful(server, bench, 'slow'));
  const run = (...words: string[]) => {
    const [command = '', ...rest] = watching(bench, ...words);
    return spawnSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const refused = run();
  expect(refused.status).toBe(1);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toContain('watch needs a terminal to draw on.');
  const once = run('--once');
  expect(once.status, once.stderr).toBe(0);
  expect(once.stdout).toContain(`${id}  WAITING`);
  expect(once.stdout).toContain('Lease: holder unknown, the cluster was not asked');
  const json = parseJson(run('--json').stdout) as JsonObject;
  expect(json).toMatchObject({ approvals: [{ id, state: 'WAITING' }], transactions: [] });
  const none = spawnSync(
    process.execPath,
    [BIN, 'watch', '--once', '--journal', `${bench.journal}x`],
    {
      encoding: 'utf8',
    },
  );
  expect(none.status).toBe(1);
  expect(none.stderr).toContain('There is no journal at');
});
