import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { createLog } from '../../src/core/log.ts';
import { openJournal } from '../../src/journal/open.ts';
import { loadPolicy } from '../../src/policy/load.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import { createTransactionEngine } from '../../src/transaction/engine.ts';
import type { TransactionEngine } from '../../src/transaction/types.ts';
import { useCluster } from '../cluster/index.ts';
import { leaseFor, makeLease } from '../cluster/lease.ts';
import { CALLER, createAs, mustRead } from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();

/** Short, so that a Lease that is gone is noticed within a second. */
const SECONDS = 3;

type Meanwhile = (engine: TransactionEngine, lease: string) => Promise<unknown>;

/** The Lease is removed, and that was noticed. */
const loseLease: Meanwhile = async (_engine, lease) => {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${lease}`;
  await cluster.request('DELETE', path, undefined, { allow: [404] });
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
};

/**
 * An engine with a changed ConfigMap.
 * @param settled runs when the commit has settled and looks at the rest
 * @param undoing runs when its undo reads the object for the first time
 */
async function changed(settled: Meanwhile, undoing?: Meanwhile) {
  const namespace = await cluster.namespace('decision');
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'settings' };
  await createAs(cluster, 'kubectl-create', ref, full({ data: { mode: 'old' } }, ref));
  const folder = mkdtempSync(join(tmpdir(), 'decision-'));
  const clock = systemClock;
  const policy = await loadPolicy(fileURLToPath(new URL('../undo/policy.yaml', import.meta.url)));
  const connection = await connectCluster({ kubeconfig: cluster.kubeconfig('admin'), env: {} });
  const journal = openJournal({ path: join(folder, 'journal.db'), env: {}, clock });
  const bare = createReader(connection);
  let undone = false;
  const reader: typeof bare = {
    ...bare,
    get: async (key, options) => {
      const first = key.name === 'settings' && !undone && journal.transactions.get('txn-1');
      if (first && first.state === 'UNDOING' && undoing !== undefined) {
        undone = true;
        await undoing(engine, where);
      }
      return await bare.get(key, options);
    },
  };
  const real = createSeverityMeter({ reader, settings: policy.severity, clock });
  let committing = false;
  const meter: typeof real = {
    ...real,
    measure: async (...args) => {
      if (committing) await settled(engine, where);
      return await real.measure(...args);
    },
    settle: (...args) => real.settle(...args),
    close: () => real.close(),
  };
  const lease = { ...leaseFor(journal.path), seconds: SECONDS };
  await makeLease(cluster.kubeconfig(), lease);
  const where = `${lease.namespace}/leases/${lease.name}`;
  const log = createLog('silent');
  const parts = { connection, reader, journal, policy, meter, clock, log, lease };
  const engine = createTransactionEngine(parts);
  onTestFinished(async () => {
    await engine.close(5_000);
    real.close();
    journal.close();
    await connection.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { id } = await engine.begin({ reason: 'test', namespaces: [namespace] }, CALLER);
  const patch = { data: { mode: 'new' } };
  const words = { kubectl: 'kubectl', summary: 'a change' };
  const plan = () => [
    { verb: 'patch' as const, object: ref, patchType: 'merge' as const, patch, ...words },
  ];
  await engine.step(id, { tool: 'mitigate_patch', reads: [], plan }, CALLER);
  committing = true;
  return { engine, transaction: id, ref };
}

test('a commit that loses its Lease before it is decided is taken back', {
  timeout: 90_000,
}, async () => {
  const { engine, transaction, ref } = await changed(loseLease);
  await engine.commit(transaction, { waitMs: 30_000 }).catch(() => undefined);
  await cluster.waitFor('the end', async () => engine.view(transaction).closedAt !== undefined);
  expect(engine.view(transaction).state).toBe('ABORTED');
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old' });
});

test('a commit that is told to stop before it is decided is taken back', {
  timeout: 90_000,
}, async () => {
  let asked: Promise<unknown> = Promise.resolve();
  const { engine, transaction, ref } = await changed(async (running) => {
    asked = running.abort(transaction, 'enough', CALLER);
    await new Promise((resolve) => setTimeout(resolve, 100));
  });
  await engine.commit(transaction, { waitMs: 30_000 });
  await asked;
  expect(engine.view(transaction).state).toBe('ABORTED');
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old' });
});

test('an undo that loses its Lease half-way goes on by itself', { timeout: 90_000 }, async () => {
  const { engine, transaction, ref } = await changed(async () => undefined, loseLease);
  await engine.commit(transaction, { waitMs: 30_000 });
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'new' });
  await expect(engine.undoCommitted(transaction, CALLER)).rejects.toMatchObject({
    code: 'lease_lost',
  });
  expect(engine.view(transaction).state).toBe('UNDOING');
  const ended = async () => engine.view(transaction).state !== 'UNDOING';
  await cluster.waitFor('the end of the undo', ended, 30_000);
  expect(engine.view(transaction).state).toBe('UNDONE');
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old' });
});
