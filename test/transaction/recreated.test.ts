import { beforeAll, expect, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import {
  CALLER,
  type Change,
  createAs,
  expectRestored,
  mustRead,
  read,
  useBench,
  writeAs,
} from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('recreated');
});

const mode = (value: string): Change => ({
  verb: 'patch',
  patchType: 'merge',
  patch: { data: { mode: value } },
});
const REMOVE: Change = { verb: 'delete' };
const configMap = (name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});
const manifest = (ref: ObjectRef) => full({ data: { mode: 'old' } }, ref);

/** Deletes, then takes that one command back: the object is there again under another uid. */
async function deletedAndBack(transaction: string, ref: ObjectRef): Promise<void> {
  const { uid } = (await mustRead(cluster, ref)).metadata;
  await bench.step(transaction, ref, REMOVE);
  const { undo } = await bench.engine.undoLast(transaction, CALLER);
  expect(undo).toMatchObject({ complete: true });
  expect((await mustRead(cluster, ref)).metadata.uid).not.toBe(uid);
}

test('what was changed, deleted and brought back by undo_last is taken back as a whole', async () => {
  const ref = configMap('changed');
  await createAs(cluster, 'kubectl-create', ref, manifest(ref));
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('first'));
  await deletedAndBack(transaction, ref);
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'first' });
  await bench.step(transaction, ref, mode('second'));
  await deletedAndBack(transaction, ref);
  await bench.aborted(transaction);
  expectRestored(before, await read(cluster, ref), { recreated: true });
});

test('what was created, deleted and brought back by undo_last is deleted again', async () => {
  const ref = configMap('created');
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest: manifest(ref) });
  await deletedAndBack(transaction, ref);
  await bench.aborted(transaction);
  expect(await read(cluster, ref)).toBeUndefined();
});

test('who puts a field back is noticed across a delete that was taken back', async () => {
  const ref = configMap('fought');
  await createAs(cluster, 'kubectl-create', ref, manifest(ref));
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  await deletedAndBack(transaction, ref);
  const back = () => writeAs(cluster, 'reconciler', ref, 'merge', { data: { mode: 'old' } });
  await back();
  await bench.step(transaction, ref, mode('ours'));
  await back();
  await expect(bench.step(transaction, ref, mode('ours'))).rejects.toMatchObject({
    code: 'reconciler_fight',
  });
});

test('after its commit such a transaction can be undone as well', async () => {
  const ref = configMap('committed');
  await createAs(cluster, 'kubectl-create', ref, manifest(ref));
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('first'));
  await deletedAndBack(transaction, ref);
  const committed = await bench.engine.commit(transaction, { waitMs: 30_000 });
  expect(committed.kind).toBe('committed');
  const { transaction: view } = await bench.engine.undoCommitted(transaction, CALLER);
  expect(view.state).toBe('UNDONE');
  expectRestored(before, await read(cluster, ref), { recreated: true });
});

test('a dependent finds the owner that came back under another uid', async () => {
  const [owner, dependent] = [configMap('owner'), configMap('dependent')];
  await createAs(cluster, 'kubectl-create', owner, manifest(owner));
  const { uid } = (await mustRead(cluster, owner)).metadata;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner.name, uid }];
  const { metadata, ...rest } = manifest(dependent);
  await createAs(cluster, 'kubectl-create', dependent, {
    ...rest,
    metadata: { ...(metadata as object), ownerReferences },
  });
  const transaction = await bench.begun(namespace);
  // The dependent first: the garbage collector would take it with its owner.
  await bench.step(transaction, dependent, REMOVE);
  await bench.step(transaction, owner, REMOVE);
  expect((await bench.engine.undoLast(transaction, CALLER)).undo.complete).toBe(true);
  await bench.aborted(transaction);
  const now = (await mustRead(cluster, owner)).metadata.uid;
  expect((await mustRead(cluster, dependent)).metadata.ownerReferences).toMatchObject([
    { name: owner.name, uid: now },
  ]);
});

test.each(['old', 'other'])(
  'deleted, created as %s and deleted again, it comes back as it was',
  async (data) => {
    const ref = configMap(`twice-${data}`);
    await createAs(cluster, 'kubectl-create', ref, manifest(ref));
    const before = await mustRead(cluster, ref);
    const transaction = await bench.begun(namespace);
    await bench.step(transaction, ref, REMOVE);
    const between = { ...manifest(ref), data: { mode: data } };
    await bench.step(transaction, ref, { verb: 'create', manifest: between });
    await bench.step(transaction, ref, REMOVE);
    await bench.aborted(transaction);
    expectRestored(before, await read(cluster, ref), { recreated: true });
  },
);
