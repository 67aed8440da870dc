import { beforeAll, expect, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { CALLER, type Change, createAs, mustRead, read, useBench } from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('later-transaction');
});

const set = (data: Record<string, string>): Change => ({
  verb: 'patch',
  patchType: 'merge',
  patch: { data },
});
const configMap = (name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});
const manifest = (ref: ObjectRef) => full({ data: { mode: 'old' } }, ref);

/** A transaction with these changes of one object, committed. */
async function committed(ref: ObjectRef, ...changes: readonly Change[]): Promise<string> {
  const transaction = await bench.begun(namespace);
  for (const change of changes) await bench.step(transaction, ref, change);
  const { kind } = await bench.engine.commit(transaction, { waitMs: 30_000 });
  expect(kind).toBe('committed');
  return transaction;
}

/** The undo of it changes nothing, and nothing waits for a human. */
async function expectUntouched(first: string, ref: ObjectRef): Promise<string> {
  const present = await mustRead(cluster, ref);
  const { transaction, undo } = await bench.engine.undoCommitted(first, CALLER);
  expect(undo.complete).toBe(false);
  expect(transaction.state).toBe('COMMITTED');
  expect(await mustRead(cluster, ref)).toEqual(present);
  const next = await bench.begun(namespace);
  await bench.aborted(next);
  return JSON.stringify(undo);
}

test('what T1 created is not deleted under what T2 has made of it', async () => {
  const ref = configMap('created');
  const first = await committed(ref, { verb: 'create', manifest: manifest(ref) });
  const second = await committed(ref, set({ mode: 'second', more: 'second' }));
  const report = await expectUntouched(first, ref);
  expect(report).toContain('data.mode');
  expect(report).toContain('a later transaction of stratus-mcp');

  expect((await bench.engine.undoCommitted(second, CALLER)).transaction.state).toBe('UNDONE');
  expect((await bench.engine.undoCommitted(first, CALLER)).transaction.state).toBe('UNDONE');
  expect(await read(cluster, ref)).toBeUndefined();
});

test('a field that T2 changed again is not put back under it', async () => {
  const ref = configMap('changed');
  await createAs(cluster, 'kubectl-create', ref, manifest(ref));
  const first = await committed(ref, set({ mode: 'first' }));
  const second = await committed(ref, set({ mode: 'second' }));
  const report = await expectUntouched(first, ref);
  expect(report).toContain('data.mode');
  expect(report).toContain(second);

  expect((await bench.engine.undoCommitted(second, CALLER)).transaction.state).toBe('UNDONE');
  expect((await bench.engine.undoCommitted(first, CALLER)).transaction.state).toBe('UNDONE');
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old' });
});

test("a transaction's own later change of what it created is no obstacle", async () => {
  const ref = configMap('own');
  const create: Change = { verb: 'create', manifest: manifest(ref) };
  const first = await committed(ref, create, set({ mode: 'own', more: 'own' }));
  expect((await bench.engine.undoCommitted(first, CALLER)).transaction.state).toBe('UNDONE');
  expect(await read(cluster, ref)).toBeUndefined();
});

test('what it created is still its own after undo_last of a change of it', async () => {
  const ref = configMap('marked');
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest: manifest(ref) });
  await bench.step(transaction, ref, set({ mode: 'own', more: 'own' }));
  const { undo } = await bench.engine.undoLast(transaction, CALLER);
  expect(undo.complete).toBe(true);
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old' });
  await bench.aborted(transaction);
  expect(await read(cluster, ref)).toBeUndefined();
});
