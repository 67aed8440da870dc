import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { systemClock } from '../../src/core/clock.ts';
import { StratusError } from '../../src/core/errors.ts';
import type { StepRow } from '../../src/journal/types.ts';
import { fence } from '../../src/transaction/fence.ts';
import type { EngineParts } from '../../src/transaction/parts.ts';
import { useCluster } from '../cluster/index.ts';

const cluster = useCluster();

test('a server that leaves does not wait for a create that may be on its way, and decides nothing', {
  timeout: 20_000,
}, async () => {
  const connection = await connectCluster({ kubeconfig: cluster.kubeconfig('admin'), env: {} });
  onTestFinished(() => connection.close());
  const reader = createReader(connection);
  const resource = (await reader.resources()).resolveKind('v1', 'ConfigMap');
  const key = { resource, namespace: 'default', name: 'never-came' };
  // No journal: whoever is interrupted has nothing to write there.
  const parts = { reader, clock: systemClock } as EngineParts;
  const step = { seq: 1, state: 'INTENT', uid: null } as StepRow;
  const leaving = new AbortController();
  const request = { transaction: 'tx', epoch: 1, signal: leaving.signal };
  const waiting = fence(parts, request, step, key, 5_000);
  setTimeout(() => leaving.abort(new StratusError('cancelled', 'leaving')), 700);
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
});
