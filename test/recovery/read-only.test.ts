import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { begin, expectUntouched, kill, openBench, setMode, settled } from './bench.ts';

const cluster = useCluster();
const BIN = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

test('a server that only looks takes nothing back; the next one that may does', {
  timeout: 180_000,
}, async () => {
  const bench = await openBench(cluster, 'onlylooks');
  onTestFinished(() => bench.remove());
  const before = await bench.configMap('settings');
  const writer = await bench.start();
  const transaction = await begin(writer, bench);
  await setMode(writer, bench, 'slow', { transaction });
  await kill(writer);
  const left = await bench.configMap('settings');

  const looker = await bench.start({ STRATUS_READ_ONLY: 'true' });
  const { tools } = await looker.client.listTools();
  expect(tools.filter(({ annotations }) => annotations?.readOnlyHint !== true)).toEqual([]);
  expect((await looker.call('observe_health', {})).isError).toBe(false);
  const refused = await setMode(looker, bench, 'broken');
  expect(refused.text).toContain('started with --read-only');
  await looker.close();
  await looker.exited;
  expectUntouched(await bench.configMap('settings'), left);
  expect(bench.rows().map(({ state }) => state)).toEqual(['OPEN']);

  const args = ['--journal', bench.journal, '--kubeconfig', cluster.kubeconfig()];
  const run = promisify(execFile)(process.execPath, [BIN, 'transactions', 'recover', ...args], {
    env: { ...process.env, STRATUS_READ_ONLY: '1' },
  });
  await expect(run).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--read-only is set'),
  });
  expectUntouched(await bench.configMap('settings'), left);

  const next = await bench.start();
  try {
    await settled(next);
    expectUntouched(await bench.configMap('settings'), before);
  } finally {
    await kill(next);
  }
});
