import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function runWithoutCluster(env: NodeJS.ProcessEnv) {
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const files = ['test/cluster/control-plane.test.ts', 'test/cluster/lifecycle.test.ts'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', 'cluster', ...files],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', STRATUS_TEST_CLUSTER: 'off', CI: '', ...env },
    },
  );
  return { status, output: stdout + stderr };
}

test('without a control plane its tests are skipped, with the reason printed once', () => {
  const { status, output } = runWithoutCluster({});
  expect(output).toMatch(/Test Files\s+2 skipped/);
  expect(output).not.toMatch(/passed|failed/);
  expect(
    output.split('tests that need a cluster are skipped: STRATUS_TEST_CLUSTER=off'),
  ).toHaveLength(2);
  expect(status).toBe(0);
});

test('in CI a missing control plane is an error', () => {
  const { status, output } = runWithoutCluster({ CI: 'true' });
  expect(output).toContain('no control plane in CI: STRATUS_TEST_CLUSTER=off');
  expect(status).not.toBe(0);
});
