import { expect, onTestFinished, test } from 'vitest';
import { createReader } from '../../src/cluster/reader.ts';
import { openWriter } from '../../src/cluster/writer.ts';
import { requireControlPlane, startControlPlane } from '../cluster/index.ts';
import { AS_COMMAND, CONFIG_MAPS, connectTo, refusalOf } from './fixtures.ts';

requireControlPlane();

test('a frozen API server: reads are unreachable, a write may or may not be applied', async () => {
  const plane = await startControlPlane();
  onTestFinished(() => plane.stop());
  const connection = await connectTo(plane.kubeconfig(), { timeoutMs: 1_000 });
  const reader = createReader(connection);
  const writer = openWriter(connection);
  const key = { resource: CONFIG_MAPS, namespace: 'default', name: 'late' };
  expect(await reader.get(key)).toBeUndefined();

  plane.pause();
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } });
  const outcome = await writer.send({ verb: 'create', key, body }, AS_COMMAND);
  expect(outcome).toMatchObject({ kind: 'ambiguous' });
  const error = await refusalOf(reader.get(key));
  expect(error.code).toBe('cluster_unreachable');
  expect(error.message).toContain('did not answer within 1 s');

  // The request lies in the socket's buffer: the server alone decides now what becomes of it.
  plane.resume();
  await plane.waitFor('an answer', async () => (await reader.version()).gitVersion);
});
