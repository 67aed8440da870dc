import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf, parseJson } from '../../src/core/json.ts';
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
import { full, manifestOf } from './kinds.ts';
import { WIDGETS, widget } from './widget.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('undo-facts');
  await cluster.apply(WIDGETS);
});

const named = (apiVersion: string, kind: string): ObjectRef => ({
  apiVersion,
  kind,
  namespace,
  name: `${kind.toLowerCase()}-${randomBytes(3).toString('hex')}`,
});

async function created(apiVersion: string, kind: string, fields: JsonObject): Promise<ObjectRef> {
  const ref = named(apiVersion, kind);
  await createAs(cluster, 'kubectl-create', ref, full(fields, ref));
  return ref;
}

const settings = () => created('v1', 'ConfigMap', { data: { mode: 'old', level: 'info' } });
const merge = (patch: JsonObject): Change => ({ verb: 'patch', patchType: 'merge', patch });

test('an int64 beyond 2^53 comes back to the last digit, also by way of a delete', async () => {
  const ref = named(widget.apiVersion, widget.kind);
  await createAs(cluster, 'kubectl-create', ref, manifestOf(widget, ref));
  const before = await mustRead(cluster, ref);
  const text = async () => (await cluster.request('GET', urlOf(ref))).text;
  for (const change of [
    merge({ spec: { serial: parseJson('9223372036854775807') } }),
    { verb: 'delete' } as const,
  ]) {
    const transaction = await bench.begun(namespace, [ref]);
    await bench.step(transaction, ref, change);
    if (change.verb === 'patch') expect(await text()).toContain('"serial":9223372036854775807');
    await bench.aborted(transaction);
    expect(await text()).toContain('"serial":9007199254740993');
    expect(await text()).toContain('"deep":9007199254740997');
    expectRestored(before, await read(cluster, ref), { recreated: change.verb === 'delete' });
  }
});

test('a deleted Service comes back with its addresses and ports', async () => {
  const ref = await created('v1', 'Service', {
    spec: { type: 'NodePort', selector: { app: 'x' }, ports: [{ port: 80, targetPort: 8080 }] },
  });
  const before = await mustRead(cluster, ref);
  expect(at(before, 'spec', 'clusterIP')).toMatch(/\d/);
  expect(at(before, 'spec', 'ports', 0, 'nodePort')).toBeGreaterThan(0);
  const transaction = await bench.begun(namespace, [ref]);
  await bench.step(transaction, ref, { verb: 'delete' });
  expect(await read(cluster, ref)).toBeUndefined();
  await bench.aborted(transaction);
  const after = await mustRead(cluster, ref);
  expect(after.spec).toEqual(before.spec);
  expectRestored(before, after, { recreated: true });
});

test('a deleted ConfigMap comes back; the report says what is new about it', async () => {
  const ref = await settings();
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'delete' });
  const { undo } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([
    {
      state: 'UNDONE',
      how: 'created again with the same spec',
      residual: ['uid and creationTimestamp are new'],
    },
  ]);
  expectRestored(before, await read(cluster, ref), { recreated: true });
});

test('a created object goes again, and one that was created and deleted stays gone', async () => {
  const [one, two] = [named('v1', 'ConfigMap'), named('v1', 'ConfigMap')];
  const transaction = await bench.begun(namespace);
  for (const ref of [one, two]) {
    await bench.step(transaction, ref, {
      verb: 'create',
      manifest: full({ data: { a: 'b' } }, ref),
    });
  }
  await bench.step(transaction, one, merge({ data: { a: 'c' } }));
  await bench.step(transaction, two, { verb: 'delete' });
  await bench.aborted(transaction);
  expect(await read(cluster, one)).toBeUndefined();
  expect(await read(cluster, two)).toBeUndefined();
});

test('what could never be unset is refused before it happens', async () => {
  const ref = await settings();
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace);
  await expect(bench.step(transaction, ref, merge({ immutable: true }))).rejects.toMatchObject({
    code: 'irreversible',
    rule: 'A2 faithful undo',
  });
  expect(await mustRead(cluster, ref)).toEqual(before);
});

test('what only the server knows to be one-way is found right after, told, and left for a human', async () => {
  const group = `rules-${randomBytes(3).toString('hex')}.example.com`;
  const properties = {
    spec: {
      type: 'object',
      properties: {
        level: {
          type: 'integer',
          'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'level only grows' }],
        },
      },
    },
  };
  await cluster.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties } },
        },
      ],
    },
  });
  const ref = named(`${group}/v1`, 'Widget');
  await cluster.waitFor('the new kind to be served', async () => {
    await createAs(cluster, 'kubectl-create', ref, full({ spec: { level: 1 } }, ref));
    return true;
  });
  const transaction = await bench.begun(namespace);
  await expect(bench.step(transaction, ref, merge({ spec: { level: 2 } }))).rejects.toMatchObject({
    changed: 'something',
    message: expect.stringContaining('UNDO_IMPOSSIBLE'),
  });
  expect(bench.engine.view(transaction).steps).toMatchObject([
    { state: 'UNDO_IMPOSSIBLE', error: expect.stringContaining('level only grows') },
  ]);
  const { transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
});

test('a field of another applier is an answer, and is not taken', async () => {
  const ref = await settings();
  await writeAs(cluster, 'flux', ref, 'apply', full({ data: { mode: 'flux' } }, ref));
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace);
  const manifest = full({ data: { mode: 'ours' } }, ref);
  await expect(bench.step(transaction, ref, { verb: 'apply', manifest })).rejects.toMatchObject({
    code: 'conflict',
    details: { causes: [expect.stringContaining('flux')] },
    next: expect.stringContaining('never taken by force'),
  });
  expect(await mustRead(cluster, ref)).toEqual(before);
});

test('after an undo, the applier that owned a field can still prune it', async () => {
  const ref = named('v1', 'ConfigMap');
  await writeAs(cluster, 'flux', ref, 'apply', full({ data: { mode: 'flux', extra: 'x' } }, ref));
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, merge({ data: { extra: 'ours' } }));
  await bench.aborted(transaction);
  expectRestored(before, await read(cluster, ref));
  await writeAs(cluster, 'flux', ref, 'apply', full({ data: { mode: 'flux' } }, ref));
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'flux' });
});

test('the last command goes, an earlier one on the same object stays', async () => {
  const ref = await settings();
  const before = await mustRead(cluster, ref);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, merge({ data: { mode: 'first' } }));
  const between = await mustRead(cluster, ref);
  await bench.step(transaction, ref, merge({ data: { mode: 'second', added: 'x' } }));
  const { undo, transaction: view } = await bench.engine.undoLast(transaction, CALLER);
  expect(undo.complete).toBe(true);
  expect(view.steps.map(({ state }) => state)).toEqual(['VERIFIED', 'UNDONE']);
  const after = await mustRead(cluster, ref);
  expect(after.data).toEqual(between.data);
  expect(after.metadata.managedFields).toHaveLength((between.metadata.managedFields as []).length);
  // Taken back is taken back: the command before it is the last one now.
  await bench.step(transaction, ref, merge({ data: { mode: 'third' } }));
  await bench.aborted(transaction);
  expectRestored(before, await read(cluster, ref));
});

test('an owner that was created again is who its children belong to', async () => {
  const owner = await settings();
  const { uid } = (await mustRead(cluster, owner)).metadata;
  const child = await created('v1', 'ConfigMap', {
    metadata: {
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner.name, uid: `${uid}` }],
    },
  });
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, child, { verb: 'delete' });
  await bench.step(transaction, owner, { verb: 'delete' });
  await bench.aborted(transaction);
  const [newOwner, newChild] = [await mustRead(cluster, owner), await mustRead(cluster, child)];
  const left = objectsOf(newChild.metadata.ownerReferences).map((it) => it.uid);
  // Its owner or none: a dead one would have it collected.
  expect([[newOwner.metadata.uid], []]).toContainEqual(left);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await read(cluster, child)).toBeDefined();
});
