import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { useCluster } from '../cluster/index.ts';
import {
  type Bench,
  begin,
  expectNoMarks,
  expectUntouched,
  kill,
  openBench,
  setMode,
} from '../recovery/bench.ts';
import type { Assistant } from '../story/client.ts';

const cluster = useCluster();
let bench: Bench;
let server: Assistant;

beforeAll(async () => {
  bench = await openBench(cluster, 'own-fields');
  server = await bench.start();
});
afterAll(async () => {
  await kill(server);
  bench.remove();
});

const apply = (data: Record<string, string>, transaction: string) =>
  server.call('mitigate_apply', {
    manifest: stringify({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data,
    }),
    namespace: bench.namespace,
    reason: 'test',
    transaction,
  });

test('an apply over a field that we patched before is no conflict, and is taken back whole', async () => {
  const before = await bench.configMap('settings');
  const transaction = await begin(server, bench);
  const patched = await setMode(server, bench, 'slow', { transaction });
  expect(patched.isError, patched.text).toBe(false);
  const applied = await apply({ mode: 'medium' }, transaction);
  expect(applied.isError, applied.text).toBe(false);
  expect((await bench.configMap('settings'))?.data).toMatchObject({ mode: 'medium' });
  await server.call('transaction_abort', { transaction, reason: 'test' });
  expectUntouched(await bench.configMap('settings'), before);
  await expectNoMarks(bench);
});

test("somebody else's field is still a conflict, and nothing is forced", async () => {
  const before = await bench.configMap('settings');
  const transaction = await begin(server, bench);
  const applied = await apply({ level: 'debug' }, transaction);
  expect(applied.isError).toBe(true);
  expect(applied.text).toContain('test-user');
  await server.call('transaction_abort', { transaction, reason: 'test' });
  expectUntouched(await bench.configMap('settings'), before);
});
