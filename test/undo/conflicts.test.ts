import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { ObjectRef } from '../../src/core/kube.ts';
import { at, objectsOf, useCluster } from '../cluster/index.ts';
import {
  CALLER,
  type Change,
  createAs,
  expectRestored,
  mustRead,
  read,
  urlOf,
  useBench,
  writeAs,
} from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('undo-conflicts');
});

const SETTINGS = { apiVersion: 'v1', kind: 'ConfigMap' } as const;
const mode = (value: string): Change => ({
  verb: 'patch',
  patchType: 'merge',
  patch: { data: { mode: value } },
});

async function settings(): Promise<ObjectRef> {
  const ref = { ...SETTINGS, namespace, name: `settings-${randomBytes(4).toString('hex')}` };
  await createAs(
    cluster,
    'kubectl-create',
    ref,
    full({ data: { mode: 'old', level: 'info' } }, ref),
  );
  return ref;
}

test('an overlapping edit stops the undo of that object, tells everything, and half-undoes nothing', async () => {
  const [ref, other] = [await settings(), await settings()];
  const [refBefore, otherBefore] = [await mustRead(cluster, ref), await mustRead(cluster, other)];
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  await bench.step(transaction, ref, {
    verb: 'patch',
    patchType: 'merge',
    patch: { data: { level: 'debug' } },
  });
  await bench.step(transaction, other, mode('ours'));
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs' } });
  const present = await mustRead(cluster, ref);

  const { undo } = await bench.abort(transaction);
  expect(undo.complete).toBe(false);
  expect(bench.engine.view(transaction).state).toBe('ABORT_INCOMPLETE');
  const entry = {
    path: 'data.mode',
    before: 'old',
    ours: 'ours',
    now: 'theirs',
    owner: expect.stringMatching(/^kubectl-edit@20/),
  };
  const steps = bench.engine
    .view(transaction)
    .steps.map(({ state, conflicts }) => ({ state, conflicts }));
  expect(steps).toEqual([
    { state: 'UNDO_CONFLICT', conflicts: [entry] },
    { state: 'UNDO_CONFLICT', conflicts: [entry] },
    { state: 'UNDONE', conflicts: [] },
  ]);
  // The edit to `level` could have been taken back; alone it would be a state that nobody ever made.
  expect(await mustRead(cluster, ref)).toEqual(present);
  expectRestored(otherBefore, await read(cluster, other));
  await expect(bench.begin(namespace)).rejects.toMatchObject({ code: 'recovery_pending' });

  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'old' } });
  const again = await bench.abort(transaction);
  expect(again.undo.complete).toBe(true);
  expect(again.transaction.state).toBe('ABORTED');
  expect(again.transaction.steps.map(({ state, conflicts }) => [state, conflicts.length])).toEqual(
    [0, 1, 2].map(() => ['UNDONE', 0]),
  );
  expect((await mustRead(cluster, ref)).data).toEqual(refBefore.data);
});

test('also after they put back what we had written', async () => {
  const ref = await settings();
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs' } });
  expect((await bench.abort(transaction)).undo.complete).toBe(false);
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'ours' } });
  expect((await bench.abort(transaction)).undo.complete).toBe(true);
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old', level: 'info' });
});

test('a human accepts it as it is, and the next transaction may begin', async () => {
  const ref = await settings();
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs' } });
  await bench.abort(transaction);
  const accepted = await bench.engine.accept(transaction, 'theirs is right', CALLER);
  expect(accepted).toMatchObject({
    state: 'ABORTED',
    outcome: expect.stringContaining('theirs is right'),
  });
  expect((await mustRead(cluster, ref)).data).toMatchObject({ mode: 'theirs' });
  await bench.abort(await bench.begun(namespace));
});

test('an object that others deleted, or deleted and created anew, is a conflict and stays as they left it', async () => {
  const [gone, anew] = [await settings(), await settings()];
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, gone, mode('ours'));
  await bench.step(transaction, anew, mode('ours'));
  for (const ref of [gone, anew]) await cluster.request('DELETE', urlOf(ref));
  await createAs(cluster, 'kubectl-create', anew, full({ data: { mode: 'theirs' } }, anew));
  const { undo } = await bench.abort(transaction);
  expect(undo.complete).toBe(false);
  expect(undo.objects.map(({ state, conflicts }) => [state, conflicts])).toEqual([
    ['UNDO_CONFLICT', [expect.stringContaining('deleted')]],
    ['UNDO_CONFLICT', [expect.stringContaining('uid changed')]],
  ]);
  expect(await read(cluster, gone)).toBeUndefined();
  expect((await mustRead(cluster, anew)).data).toEqual({ mode: 'theirs' });
});

test('the name of what we deleted was taken: theirs is kept, ours can not come back', async () => {
  const ref = await settings();
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'delete' });
  await createAs(cluster, 'kubectl-create', ref, full({ data: { mode: 'theirs' } }, ref));
  const { undo } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([{ state: 'UNDO_CONFLICT' }]);
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'theirs' });
  await cluster.request('DELETE', urlOf(ref));
  expect((await bench.abort(transaction)).undo.complete).toBe(true);
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old', level: 'info' });
});

test('what others wrote into an object of ours keeps it from being deleted', async () => {
  const ref = { ...SETTINGS, namespace, name: 'created-here' };
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, {
    verb: 'create',
    manifest: full({ data: { mode: 'ours' } }, ref),
  });
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { theirs: 'x' } });
  const { undo } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([
    { state: 'UNDO_CONFLICT', conflicts: [{ path: 'data.theirs' }] },
  ]);
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'ours', theirs: 'x' });
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { theirs: null } });
  expect((await bench.abort(transaction)).undo.complete).toBe(true);
  expect(await read(cluster, ref)).toBeUndefined();
});

test('a selector is one value to the API server: a label of others in it is an overlap', async () => {
  const ref = { apiVersion: 'v1', kind: 'Service', namespace, name: 'atomic' };
  const spec = { selector: { app: 'web' }, ports: [{ port: 80 }] };
  await createAs(cluster, 'kubectl-create', ref, full({ spec }, ref));
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, {
    verb: 'patch',
    patchType: 'merge',
    patch: { spec: { selector: { tier: 'front' } } },
  });
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { spec: { selector: { theirs: 'x' } } });
  const { undo } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([
    { state: 'UNDO_CONFLICT', conflicts: [{ path: 'spec.selector' }] },
  ]);
  expect((await mustRead(cluster, ref)).spec).toMatchObject({
    selector: { app: 'web', tier: 'front', theirs: 'x' },
  });
});

test('two undos at once are one', async () => {
  const ref = await settings();
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  const reports = await Promise.all([bench.abort(transaction), bench.abort(transaction)]);
  expect(reports.map(({ undo }) => undo.complete)).toEqual([true, true]);
  expectRestored(before, await read(cluster, ref));
});

test('who wrote meanwhile owns what they wrote, and nobody what we wrote', async () => {
  const ref = await settings();
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  await writeAs(cluster, 'kubectl-label', ref, 'merge', { metadata: { labels: { team: 'shop' } } });
  const { undo } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([
    {
      state: 'UNDONE',
      how: 'our change taken out, changes of others kept',
      residual: [],
    },
  ]);
  const after = await mustRead(cluster, ref);
  expect(after).toMatchObject({
    metadata: { labels: { team: 'shop' } },
    data: { mode: 'old', level: 'info' },
  });
  const owners = objectsOf(after.metadata.managedFields);
  expect(owners.filter(({ manager }) => String(manager).startsWith('stratus'))).toEqual([]);
  const theirs = owners.find(({ manager }) => manager === 'kubectl-label');
  expect(at(theirs?.fieldsV1, 'f:metadata', 'f:labels', 'f:team')).toEqual({});
  const first = owners.find(({ manager }) => manager === 'kubectl-create');
  expect(at(first?.fieldsV1, 'f:data', 'f:mode')).toEqual({});
});
