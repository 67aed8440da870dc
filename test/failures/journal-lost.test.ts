import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, onTestFinished, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import {
  begin,
  expectUntouched,
  FAST_POLICY,
  kill,
  openBench,
  setMode,
} from '../recovery/bench.ts';
import { expectRefused } from './teaches.ts';

const cluster = useCluster();

test('a journal deleted underneath a running server: nothing new begins, what was open is taken back', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'deleted');
  onTestFinished(() => bench.remove());
  const before = await bench.configMap('settings');
  const server = await bench.start();
  try {
    const transaction = await begin(server, bench);
    const applied = await setMode(server, bench, 'slow', { transaction });
    expect(applied.data, applied.text).toMatchObject({ status: 'applied' });
    for (const suffix of ['', '-wal', '-shm', '.lock']) {
      rmSync(`${bench.journal}${suffix}`, { force: true });
    }
    const refused = await setMode(server, bench, 'broken', { transaction });
    expectRefused(refused, 'journal_unavailable');
    expect(refused.text).toContain('was deleted or replaced');
    expectRefused(await server.call('observe_health', {}), 'journal_unavailable');
    expect(existsSync(bench.journal)).toBe(false);
    // The open file still knows the way back.
    await server.close();
    await server.exited;
    expectUntouched(await bench.configMap('settings'), before);
  } finally {
    await kill(server);
  }
});

test('a journal moved away and back: refused meanwhile, then it goes on', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(cluster, 'moved');
  onTestFinished(() => bench.remove());
  const server = await bench.start();
  try {
    const transaction = await begin(server, bench);
    const away = `${bench.journal}.away`;
    renameSync(bench.journal, away);
    writeFileSync(bench.journal, '', { mode: 0o600 });
    expectRefused(await setMode(server, bench, 'slow', { transaction }), 'journal_unavailable');
    renameSync(away, bench.journal);
    const applied = await setMode(server, bench, 'slow', { transaction });
    expect(applied.data, applied.text).toMatchObject({ status: 'applied' });
    await server.call('transaction_abort', { transaction, reason: 'test' });
  } finally {
    await kill(server);
  }
});

/** A small file system of its own for one process: Linux, and a user who may have namespaces. */
const SMALL_DISK = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"'];
const mountable =
  spawnSync('unshare', [...SMALL_DISK, tmpdir(), 'true'], { stdio: 'ignore' }).status === 0;
if (!mountable) {
  process.stderr.write('A full disk is not tested: this user may not mount one (unshare -rm).\n');
}

test.skipIf(!mountable)(
  'a full disk: no call runs, nothing is written; with space it goes on',
  {
    timeout: 180_000,
  },
  async () => {
    const bench = await openBench(cluster, 'full');
    onTestFinished(() => bench.remove());
    const folder = mkdtempSync(join(tmpdir(), 'stratus-full-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const before = await bench.configMap('settings');
    const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
    const serve = [bin, 'serve', '--kubeconfig', cluster.kubeconfig(), '--policy', FAST_POLICY];
    const transport = new StdioClientTransport({
      command: 'unshare',
      args: [
        ...[...SMALL_DISK, folder, process.execPath, ...serve],
        ...['--journal', join(folder, 'journal.db')],
      ],
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
      stderr: 'ignore',
    });
    const client = new Client({ name: 'tests', version: '1.0.0' });
    await client.connect(transport);
    onTestFinished(() => client.close());
    const call = async (tool: string, args: Record<string, unknown>) => {
      const result = await client.callTool({ name: tool, arguments: args }, undefined, {
        timeout: 60_000,
      });
      const [first] = result.content as { text?: string }[];
      return {
        isError: result.isError === true,
        text: first?.text ?? '',
        data: (result.structuredContent ?? {}) as Record<string, string>,
      };
    };
    const patch = (mode: string, more: object = {}) =>
      call('mitigate_patch', {
        ...{ kind: 'ConfigMap', name: 'settings', namespace: bench.namespace },
        ...{ patch: { data: { mode } }, reason: 'test', ...more },
      });

    const { namespace } = bench;
    const opened = await call('transaction_begin', { reason: 'test', namespaces: [namespace] });
    expect(opened.isError, opened.text).toBe(false);
    const { transaction } = opened.data;
    // Seen from outside, the process's own mount lies under its root.
    const ballast = join(`/proc/${transport.pid}/root`, folder, 'ballast');
    fill(ballast);
    const refused = await patch('slow', { transaction });
    expect(refused.isError, refused.text).toBe(true);
    expect(refused.text).toContain('journal_unavailable');
    expect(refused.text).toContain('disk is full');
    const alone = await patch('broken');
    expect(alone.text).toContain('journal_unavailable');
    expectUntouched(await bench.configMap('settings'), before);

    rmSync(ballast);
    const applied = await patch('slow', { transaction });
    expect(applied.data, applied.text).toMatchObject({ status: 'applied' });
    const aborted = await call('transaction_abort', { transaction, reason: 'test' });
    expect(aborted.isError, aborted.text).toBe(false);
    expectUntouched(await bench.configMap('settings'), before);
  },
);

/** Takes every free byte. */
function fill(path: string): void {
  for (const block of [65_536, 4_096, 1]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(block), { flag: 'a' });
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) throw thrown;
    }
  }
}
