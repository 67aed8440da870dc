import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { at, type Json, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
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
import { configMap, deployment, full, type Kind, manifestOf, WIDGETS, widget } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);
const RUNS = Number(process.env.STRATUS_PROPERTY_RUNS ?? 10);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('merge-law');
  await cluster.apply(WIDGETS);
});

/** What somebody else writes, at places that no change of ours in `kinds.ts` reaches, and what is seen of it. */
interface Theirs {
  readonly type: 'merge' | 'strategic' | 'apply';
  readonly body: JsonObject;
  readonly path: readonly string[];
  readonly value: Json;
}

const inEnv = (name: string): JsonObject => ({
  spec: { template: { spec: { containers: [{ name: 'web', env: [{ name, value: 'x' }] }] } } },
});

const THEIRS: Readonly<Record<string, readonly Theirs[]>> = {
  ConfigMap: [
    { type: 'merge', body: { data: { theirs: 'x' } }, path: ['data', 'theirs'], value: 'x' },
    { type: 'apply', body: { data: { applied: 'y' } }, path: ['data', 'applied'], value: 'y' },
    {
      type: 'merge',
      body: { metadata: { labels: { app: 'moved' } } },
      path: ['metadata', 'labels', 'app'],
      value: 'moved',
    },
  ],
  Deployment: [
    { type: 'strategic', body: inEnv('THEIRS'), path: ['env', 'THEIRS'], value: 'x' },
    { type: 'apply', body: inEnv('APPLIED'), path: ['env', 'APPLIED'], value: 'x' },
    {
      type: 'merge',
      body: { metadata: { labels: { theirs: 'x' } } },
      path: ['metadata', 'labels', 'theirs'],
      value: 'x',
    },
    {
      type: 'merge',
      body: { spec: { progressDeadlineSeconds: 99 } },
      path: ['spec', 'progressDeadlineSeconds'],
      value: 99,
    },
  ],
  Widget: [
    {
      type: 'merge',
      body: { spec: { nested: { theirs: { k: 'v' } } } },
      path: ['spec', 'nested', 'theirs', 'k'],
      value: 'v',
    },
    {
      type: 'apply',
      body: { spec: { nested: { applied: { k: 'v' } } } },
      path: ['spec', 'nested', 'applied', 'k'],
      value: 'v',
    },
    {
      type: 'merge',
      body: { metadata: { annotations: { theirs: 'x' } } },
      path: ['metadata', 'annotations', 'theirs'],
      value: 'x',
    },
  ],
};

/** Where a list is replaced as a whole, no edit inside of it is apart from ours. */
const replacesWhole = (change: Change) =>
  change.verb === 'patch' &&
  JSON.stringify(change.patch).match(/"data":null|"path":"\/data"/) !== null;

test.each([configMap, deployment, widget])(
  'others write to the $kind between our steps: theirs is kept, ours goes',
  async (kind) => {
    const theirs = THEIRS[kind.kind] ?? [];
    const change = kind.changes.filter((it) => !replacesWhole(it));
    const event = fc.oneof(
      change.map((it) => ({ ours: it })),
      fc.constantFrom(...theirs).map((it) => ({ theirs: it })),
    );
    let [asked, done] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 2, maxLength: 6 }), async (events) => {
        const ref = await created(kind);
        const before = await mustRead(cluster, ref);
        const transaction = await bench.begin(namespace);
        const written: Theirs[] = [];
        for (const it of events) {
          if ('theirs' in it) {
            await write(ref, it.theirs);
            written.push(it.theirs);
          } else {
            asked += 1;
            if (await attempt(transaction, ref, it.ours)) done += 1;
          }
        }
        await bench.abort(transaction);
        expectAborted(transaction);
        const after = await mustRead(cluster, ref);
        for (const { path, value } of written) expect(seen(after, path)).toEqual(value);
        // With theirs taken out again, it is what it was: nothing of ours is left.
        for (const { path } of written) remove(after, path, seen(before, path));
        if (written.length > 0) dropOwnership(before, after);
        expectRestored(before, withoutEmptyMaps(after, before));
        await cluster.request('DELETE', urlOf(ref));
      }),
      { numRuns: RUNS, endOnFailure: process.env.STRATUS_PROPERTY_RUNS === undefined },
    );
    expect(done).toBeGreaterThan(asked / 2);
  },
  RUNS * 10_000,
);

async function created(kind: Kind): Promise<ObjectRef> {
  const name = `it-${randomBytes(4).toString('hex')}`;
  const ref: ObjectRef = { apiVersion: kind.apiVersion, kind: kind.kind, namespace, name };
  await createAs(cluster, 'kubectl-create', ref, manifestOf(kind, ref));
  return ref;
}

function write(ref: ObjectRef, { type, body }: Theirs) {
  const manager = type === 'apply' ? `flux-${Object.keys(body).join('')}` : 'kubectl-edit';
  return writeAs(cluster, manager, ref, type, type === 'apply' ? full(body, ref) : body);
}

/** False when the answer was another owner, nothing to do, or no way back. */
async function attempt(transaction: string, ref: ObjectRef, change: Change): Promise<boolean> {
  const given = 'manifest' in change ? { ...change, manifest: full(change.manifest, ref) } : change;
  const answers = ['conflict', 'no_change', 'irreversible', 'dry_run_rejected'];
  return bench.step(transaction, ref, given).then(
    () => true,
    (error: { code?: string }) => {
      if (!answers.includes(error.code ?? '')) throw error;
      return false;
    },
  );
}

function expectAborted(transaction: string): void {
  const { state, outcome, steps } = bench.engine.view(transaction);
  if (state === 'ABORTED') return;
  bench.engine.accept(transaction, 'the test fails', CALLER);
  throw new Error(`${state} ${outcome} ${JSON.stringify(steps.map((it) => it.conflicts))}`);
}

const env = (object: JsonObject): JsonObject[] =>
  objectsOf(
    objectsOf(at(object, 'spec', 'template', 'spec', 'containers')).find((it) => it.name === 'web')
      ?.env,
  );

function seen(object: JsonObject, path: readonly string[]): Json | undefined {
  if (path[0] === 'env') return env(object).find((it) => it.name === path[1])?.value;
  return at(object, ...path);
}

/** Puts back what was at the path before. */
function remove(object: JsonObject, path: readonly string[], value: Json | undefined): void {
  if (path[0] === 'env') {
    const container = objectsOf(at(object, 'spec', 'template', 'spec', 'containers')).find(
      (it) => it.name === 'web',
    );
    if (container !== undefined) container.env = env(object).filter((it) => it.name !== path[1]);
    return;
  }
  const parent = at(object, ...path.slice(0, -1)) as JsonObject;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

/** Maps that only they had made. */
function withoutEmptyMaps<T extends JsonObject>(object: T, before: JsonObject): T {
  for (const [name, value] of Object.entries(object)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    const was = before[name];
    withoutEmptyMaps(value as JsonObject, (was ?? {}) as JsonObject);
    if (was === undefined && Object.keys(value).length === 0) delete object[name];
  }
  return object;
}

/** Where others wrote, ownership stays as it is and is told. */
function dropOwnership(...objects: { metadata: JsonObject }[]): void {
  for (const { metadata } of objects) metadata.managedFields = [];
}

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

/** Begins, and leaves nothing behind that would keep the next test from beginning. */
async function begun(): Promise<string> {
  const transaction = await bench.begin(namespace);
  onTestFinished(() => {
    const { state } = bench.engine.view(transaction);
    if (state.endsWith('_INCOMPLETE')) bench.engine.accept(transaction, 'end of the test', CALLER);
  });
  return transaction;
}

test('an overlapping edit stops the undo of that object, tells everything, and half-undoes nothing', async () => {
  const [ref, other] = [await settings(), await settings()];
  const [refBefore, otherBefore] = [await mustRead(cluster, ref), await mustRead(cluster, other)];
  const transaction = await begun();
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
  const transaction = await begun();
  await bench.step(transaction, ref, mode('ours'));
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs' } });
  expect((await bench.abort(transaction)).undo.complete).toBe(false);
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'ours' } });
  expect((await bench.abort(transaction)).undo.complete).toBe(true);
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'old', level: 'info' });
});

test('a human accepts it as it is, and the next transaction may begin', async () => {
  const ref = await settings();
  const transaction = await begun();
  await bench.step(transaction, ref, mode('ours'));
  await writeAs(cluster, 'kubectl-edit', ref, 'merge', { data: { mode: 'theirs' } });
  await bench.abort(transaction);
  const accepted = bench.engine.accept(transaction, 'theirs is right', CALLER);
  expect(accepted).toMatchObject({
    state: 'ABORTED',
    outcome: expect.stringContaining('theirs is right'),
  });
  expect((await mustRead(cluster, ref)).data).toMatchObject({ mode: 'theirs' });
  await bench.abort(await begun());
});

test('an object that others deleted, or deleted and created anew, is a conflict and stays as they left it', async () => {
  const [gone, anew] = [await settings(), await settings()];
  const transaction = await begun();
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
  const transaction = await begun();
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
  const transaction = await begun();
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

test('two undos at once are one', async () => {
  const ref = await settings();
  const before = await mustRead(cluster, ref);
  const transaction = await begun();
  await bench.step(transaction, ref, mode('ours'));
  const reports = await Promise.all([bench.abort(transaction), bench.abort(transaction)]);
  expect(reports.map(({ undo }) => undo.complete)).toEqual([true, true]);
  expectRestored(before, await read(cluster, ref));
});
