import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import type { StratusError } from '../../src/core/errors.ts';
import { at } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import type { ResolveHow } from '../../src/undo/resolution.ts';
import { useCluster } from '../cluster/index.ts';
import {
  CALLER,
  type Change,
  createAs,
  mustRead,
  read,
  urlOf,
  useBench,
  writeAs,
} from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';
import { deployment } from './manifests.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('resolve');
});

const merge = (patch: Extract<Change, { verb: 'patch' }>['patch']): Change => ({
  verb: 'patch',
  patchType: 'merge',
  patch,
});

async function settings(): Promise<ObjectRef> {
  const name = `settings-${randomBytes(4).toString('hex')}`;
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name };
  const data = { mode: 'old', level: 'info', zone: 'eu' };
  await createAs(cluster, 'kubectl-create', ref, full({ data }, ref));
  return ref;
}

/** Ours to mode and level, theirs to mode and zone: mode is in conflict. */
async function inConflict(): Promise<{ transaction: string; ref: ObjectRef }> {
  const ref = await settings();
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, merge({ data: { mode: 'ours', level: 'debug' } }));
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs', zone: 'us' } });
  const { undo } = await bench.abort(transaction);
  expect(undo.complete).toBe(false);
  return { transaction, ref };
}

const resolve = (transaction: string, how: ResolveHow, object?: string) =>
  bench.engine.abort(transaction, 'decided', CALLER, {
    how,
    byPerson: true,
    note: 'looked at it',
    ...(object === undefined ? {} : { object }),
  });

test('force writes what was before over the later change, on that path alone', async () => {
  const { transaction, ref } = await inConflict();
  const { undo, transaction: view } = await resolve(transaction, 'force');
  expect(view.state).toBe('ABORTED');
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old', level: 'info', zone: 'us' });
  expect(undo.objects[0]?.residual).toContainEqual(
    expect.objectContaining({ path: 'data.mode', now: 'theirs', note: 'overwritten, as asked' }),
  );
});

test('what a person decided at the terminal is asked of nobody any more', async () => {
  const { transaction, ref } = await inConflict();
  const asked = bench.engine.abort(transaction, 'decided', CALLER, {
    how: 'keep_theirs',
    byPerson: false,
  });
  await expect(asked).rejects.toMatchObject({ code: 'approval_required' });
  expect(bench.engine.view(transaction).approvals).toMatchObject([{ state: 'WAITING' }]);
  // The object as every answer writes it.
  const { transaction: view } = await resolve(
    transaction,
    'force',
    `ConfigMap ${namespace}/${ref.name}`,
  );
  expect(view).toMatchObject({ state: 'ABORTED', approvals: [] });
  expect(view.outcome).toMatch(/^decided\. The object was taken back/);
});

test('keep theirs leaves their value, takes the rest back, and says what was kept', async () => {
  const { transaction, ref } = await inConflict();
  const { undo, transaction: view } = await resolve(transaction, 'keep_theirs');
  expect(view.state).toBe('ABORTED');
  expect((await mustRead(cluster, ref)).data).toEqual({
    mode: 'theirs',
    level: 'info',
    zone: 'us',
  });
  expect(undo.objects[0]?.residual).toContainEqual(
    expect.objectContaining({ path: 'data.mode', before: 'old', note: 'kept, as asked' }),
  );
});

test('what we created and a person keeps stays, also where who changed it left no trace', async () => {
  const name = `made-${randomBytes(4).toString('hex')}`;
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name };
  const transaction = await bench.begun(namespace);
  const manifest = full({ data: { mode: 'ours', extra: 'a' } }, ref);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  // Who only takes a field away is in no managedFields afterwards.
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { extra: null } });
  expect((await bench.abort(transaction)).undo.complete).toBe(false);
  expect((await resolve(transaction, 'keep_theirs')).transaction.state).toBe('ABORTED');
  const kept = await mustRead(cluster, ref);
  expect(kept.data).toEqual({ mode: 'ours' });
  expect(JSON.stringify(kept)).not.toContain('stratus.dev/');
});

test('one object of several is decided, the other stays in conflict', async () => {
  const [one, other] = [await settings(), await settings()];
  const transaction = await bench.begun(namespace);
  for (const ref of [one, other]) {
    await bench.step(transaction, ref, merge({ data: { mode: 'ours' } }));
    await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs' } });
  }
  await bench.abort(transaction);
  const named = (ref: ObjectRef) => `ConfigMap/${namespace}/${ref.name}`;
  await expect(resolve(transaction, 'force', `ConfigMap/${namespace}/none`)).rejects.toMatchObject({
    code: 'invalid_arguments',
    next: expect.stringContaining(named(one)),
  });
  const half = await resolve(transaction, 'force', named(one));
  expect(half.transaction.state).toBe('ABORT_INCOMPLETE');
  expect((await mustRead(cluster, one)).data).toMatchObject({ mode: 'old' });
  expect((await mustRead(cluster, other)).data).toMatchObject({ mode: 'theirs' });
  expect((await resolve(transaction, 'keep_theirs')).transaction.state).toBe('ABORTED');
});

test('a pod template is kept whole: theirs beside half of ours is a template nobody ran', async () => {
  const name = `web-${randomBytes(4).toString('hex')}`;
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
  await createAs(cluster, 'kubectl-create', ref, deployment(namespace, name, { replicas: 0 }));
  const transaction = await bench.begun(namespace);
  const template = (fields: object) => ({
    spec: { template: { spec: { containers: [{ name: 'web', ...fields }] } } },
  });
  const mine = template({ image: 'local/web:2', env: [{ name: 'OURS', value: 'x' }] });
  await bench.step(transaction, ref, { verb: 'patch', patchType: 'strategic', patch: mine });
  await bench.step(transaction, ref, merge({ spec: { minReadySeconds: 3 } }));
  await writeAs(cluster, 'kubectl-edit', ref, 'strategic', template({ image: 'local/web:3' }));
  expect((await bench.abort(transaction)).undo.complete).toBe(false);
  const { undo } = await resolve(transaction, 'keep_theirs');
  expect(undo.complete).toBe(true);
  const after = await mustRead(cluster, ref);
  expect(at(after.spec, 'template', 'spec', 'containers', 0)).toMatchObject({
    image: 'local/web:3',
    env: [{ name: 'OURS', value: 'x' }],
  });
  expect(at(after.spec, 'minReadySeconds')).toBeUndefined();
  expect(JSON.stringify(undo.objects[0]?.residual)).toContain('spec.template was kept whole');
});

test('a decision covers what was seen: a conflict that came up since needs another', async () => {
  const { transaction, ref } = await inConflict();
  const engine = bench.engine;
  const asked = () =>
    engine.abort(transaction, 'decided', CALLER, { how: 'force', byPerson: false }).then(
      () => undefined,
      (error: StratusError) => error,
    );
  const first = await asked();
  expect(first).toMatchObject({ code: 'approval_required' });
  expect((await mustRead(cluster, ref)).data).toMatchObject({ mode: 'theirs' });
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'newer' } });
  const second = await asked();
  expect(second).toMatchObject({ code: 'approval_required' });
  expect(second?.details?.digest).not.toBe(first?.details?.digest);
});

test('what others deleted is made again by force, and stays gone where theirs is kept', async () => {
  const [forced, kept] = [await settings(), await settings()];
  for (const [ref, how] of [
    [forced, 'force'],
    [kept, 'keep_theirs'],
  ] as const) {
    const transaction = await bench.begun(namespace);
    await bench.step(transaction, ref, merge({ data: { mode: 'ours' } }));
    await cluster.request('DELETE', urlOf(ref));
    await bench.abort(transaction);
    expect((await resolve(transaction, how)).undo.complete).toBe(true);
  }
  expect((await mustRead(cluster, forced)).data).toMatchObject({ mode: 'old' });
  expect(await read(cluster, kept)).toBeUndefined();
});

test('an object that somebody else made is never replaced by force', async () => {
  const ref = await settings();
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'delete' });
  await createAs(cluster, 'kubectl-create', ref, full({ data: { mode: 'theirs' } }, ref));
  await bench.abort(transaction);
  await expect(resolve(transaction, 'force')).rejects.toMatchObject({ code: 'undo_conflict' });
  const { undo } = await resolve(transaction, 'keep_theirs');
  expect(undo.complete).toBe(true);
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'theirs' });
});

test('a committed transaction is taken back over later changes, or around them', async () => {
  for (const [how, mode] of [
    ['force', 'old'],
    ['keep_theirs', 'theirs'],
  ] as const) {
    const ref = await settings();
    const transaction = await bench.begun(namespace);
    await bench.step(transaction, ref, merge({ data: { mode: 'ours', level: 'debug' } }));
    const committed = await bench.engine.commit(transaction, { waitMs: 40_000 });
    expect(committed.kind).toBe('committed');
    await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs' } });
    const blocked = await bench.engine.undoCommitted(transaction, CALLER);
    expect(blocked).toMatchObject({
      transaction: { state: 'COMMITTED' },
      undo: { complete: false },
    });
    const { transaction: view } = await bench.engine.undoCommitted(transaction, CALLER, {
      how,
      byPerson: true,
    });
    expect(view.state).toBe('UNDONE');
    expect((await mustRead(cluster, ref)).data).toMatchObject({ mode, level: 'info' });
  }
});
