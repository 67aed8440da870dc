import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { at, type JsonObject, objectsOf, parseJson } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
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
import { full, manifestOf, WIDGETS, widget } from './kinds.ts';

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
const strategic = (patch: JsonObject): Change => ({ verb: 'patch', patchType: 'strategic', patch });

/** A transaction that leaves nothing behind that would keep the next test from beginning. */
async function begun(gone: readonly ObjectRef[] = []): Promise<string> {
  const transaction = await bench.begin(namespace, gone);
  onTestFinished(async () => {
    const { state } = bench.engine.view(transaction);
    if (state === 'OPEN') await bench.abort(transaction);
    else if (state.endsWith('_INCOMPLETE')) bench.engine.accept(transaction, 'end', CALLER);
  });
  return transaction;
}

async function aborted(transaction: string): Promise<void> {
  const { undo, transaction: view } = await bench.abort(transaction);
  expect(undo.objects.flatMap(({ conflicts }) => conflicts)).toEqual([]);
  expect(`${view.state} ${view.outcome}`).toMatch(/^ABORTED/);
}

describe('a Deployment', () => {
  const pods = async (app: string): Promise<KubeObject[]> => {
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3D${app}`;
    const { json } = await cluster.request('GET', path);
    return objectsOf(json.items).filter(
      (pod) => at(pod, 'metadata', 'deletionTimestamp') === undefined,
    ) as KubeObject[];
  };
  const uids = (objects: readonly KubeObject[]) =>
    objects.map(({ metadata }) => metadata.uid).sort();
  const replicaSets = async (app: string): Promise<JsonObject[]> => {
    const path = `/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=app%3D${app}`;
    return objectsOf((await cluster.request('GET', path)).json.items);
  };

  /** Two pods, available, with one rollout behind it. */
  async function running(): Promise<ObjectRef> {
    const app = `web-${randomBytes(3).toString('hex')}`;
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: app };
    const container = { name: 'web', image: 'local/web:1', ports: [{ containerPort: 8080 }] };
    await createAs(
      cluster,
      'kubectl-create',
      ref,
      full(
        {
          spec: {
            replicas: 2,
            selector: { matchLabels: { app } },
            template: {
              metadata: { labels: { app }, annotations: { version: '1' } },
              spec: { terminationGracePeriodSeconds: 1, containers: [container] },
            },
          },
        },
        ref,
      ),
    );
    await available(ref);
    await writeAs(cluster, 'kubectl-edit', ref, 'merge', {
      spec: { template: { metadata: { annotations: { version: '2' } } } },
    });
    await available(ref);
    return ref;
  }

  async function available(ref: ObjectRef): Promise<void> {
    await cluster.waitFor(`${ref.name} with two pods and no others`, async () => {
      const { metadata, spec, status } = await mustRead(cluster, ref);
      const wanted = at(spec, 'replicas');
      return (
        at(status, 'observedGeneration') === metadata.generation &&
        at(status, 'updatedReplicas') === wanted &&
        at(status, 'availableReplicas') === wanted &&
        at(status, 'replicas') === wanted &&
        (await pods(ref.name)).length === wanted
      );
    });
  }

  const web = (fields: JsonObject): Change =>
    strategic({ spec: { template: { spec: { containers: [{ name: 'web', ...fields }] } } } });

  test.each([
    ['whose new pods never come up', web({ image: 'local/web:nope' })],
    [
      'whose new pods are not ready yet',
      web({
        readinessProbe: { httpGet: { path: '/ready', port: 8080 }, initialDelaySeconds: 300 },
      }),
    ],
  ])('taken back in a rollout %s keeps the very same pods', async (_what, change) => {
    const ref = await running();
    const before = await mustRead(cluster, ref);
    const podsBefore = uids(await pods(ref.name));
    const transaction = await begun();
    await bench.step(transaction, ref, change);
    await cluster.waitFor(
      'a pod of the new rollout',
      async () => (await pods(ref.name)).length === 3,
    );
    await aborted(transaction);
    await available(ref);
    expectRestored(before, await read(cluster, ref));
    expect(uids(await pods(ref.name))).toEqual(podsBefore);
  });

  test('deleted, then taken back: the same pods, with the same history', async () => {
    const ref = await running();
    const before = await mustRead(cluster, ref);
    const podsBefore = uids(await pods(ref.name));
    const historyBefore = (await replicaSets(ref.name))
      .map((it) => at(it, 'metadata', 'uid'))
      .sort();
    expect(historyBefore).toHaveLength(2);
    const transaction = await begun([ref]);
    const { changes } = await bench.step(transaction, ref, { verb: 'delete' });
    expect(changes).toMatchObject([
      { class: 'compensating', undo: expect.stringContaining('orphaned') },
    ]);
    await cluster.waitFor(
      'the Deployment to be gone',
      async () => (await read(cluster, ref)) === undefined,
    );
    expect(uids(await pods(ref.name))).toEqual(podsBefore);
    await aborted(transaction);
    await available(ref);
    const after = await mustRead(cluster, ref);
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expectRestored(before, after, { recreated: true });
    expect(uids(await pods(ref.name))).toEqual(podsBefore);
    const history = await replicaSets(ref.name);
    expect(history.map((it) => at(it, 'metadata', 'uid')).sort()).toEqual(historyBefore);
    for (const it of history)
      expect(at(it, 'metadata', 'ownerReferences', 0, 'uid')).toBe(after.metadata.uid);
  });

  test('is not told to forget its history', async () => {
    const ref = await created('apps/v1', 'Deployment', {
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'x' } },
        template: {
          metadata: { labels: { app: 'x' } },
          spec: { containers: [{ name: 'x', image: 'x' }] },
        },
      },
    });
    const transaction = await begun();
    await expect(
      bench.step(transaction, ref, merge({ spec: { revisionHistoryLimit: 1 } })),
    ).rejects.toMatchObject({
      code: 'irreversible',
      message: expect.stringContaining('revisionHistoryLimit'),
    });
    expect((await mustRead(cluster, ref)).spec).toMatchObject({ revisionHistoryLimit: 10 });
    await bench.step(transaction, ref, merge({ spec: { revisionHistoryLimit: 20 } }));
    await aborted(transaction);
    expect((await mustRead(cluster, ref)).spec).toMatchObject({ revisionHistoryLimit: 10 });
  });
});

test('an int64 beyond 2^53 comes back to the last digit, also by way of a delete', async () => {
  const ref = named(widget.apiVersion, widget.kind);
  await createAs(cluster, 'kubectl-create', ref, manifestOf(widget, ref));
  const before = await mustRead(cluster, ref);
  const text = async () => (await cluster.request('GET', urlOf(ref))).text;
  for (const change of [
    merge({ spec: { serial: parseJson('9223372036854775807') } }),
    { verb: 'delete' } as const,
  ]) {
    const transaction = await begun([ref]);
    await bench.step(transaction, ref, change);
    if (change.verb === 'patch') expect(await text()).toContain('"serial":9223372036854775807');
    await aborted(transaction);
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
  const transaction = await begun([ref]);
  await bench.step(transaction, ref, { verb: 'delete' });
  expect(await read(cluster, ref)).toBeUndefined();
  await aborted(transaction);
  const after = await mustRead(cluster, ref);
  expect(after.spec).toEqual(before.spec);
  expectRestored(before, after, { recreated: true });
});

test('a deleted ConfigMap comes back; the report says what is new about it', async () => {
  const ref = await settings();
  const before = await mustRead(cluster, ref);
  const transaction = await begun();
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
  const transaction = await begun();
  for (const ref of [one, two]) {
    await bench.step(transaction, ref, {
      verb: 'create',
      manifest: full({ data: { a: 'b' } }, ref),
    });
  }
  await bench.step(transaction, one, merge({ data: { a: 'c' } }));
  await bench.step(transaction, two, { verb: 'delete' });
  await aborted(transaction);
  expect(await read(cluster, one)).toBeUndefined();
  expect(await read(cluster, two)).toBeUndefined();
});

test('what could never be unset is refused before it happens', async () => {
  const ref = await settings();
  const before = await mustRead(cluster, ref);
  const transaction = await begun();
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
  const transaction = await begun();
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
  const transaction = await begun();
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
  const transaction = await begun();
  await bench.step(transaction, ref, merge({ data: { extra: 'ours' } }));
  await aborted(transaction);
  expectRestored(before, await read(cluster, ref));
  await writeAs(cluster, 'flux', ref, 'apply', full({ data: { mode: 'flux' } }, ref));
  expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'flux' });
});

test('the last command goes, an earlier one on the same object stays', async () => {
  const ref = await settings();
  const before = await mustRead(cluster, ref);
  const transaction = await begun();
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
  await aborted(transaction);
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
  const transaction = await begun();
  await bench.step(transaction, child, { verb: 'delete' });
  await bench.step(transaction, owner, { verb: 'delete' });
  await aborted(transaction);
  const [newOwner, newChild] = [await mustRead(cluster, owner), await mustRead(cluster, child)];
  const left = objectsOf(newChild.metadata.ownerReferences).map((it) => it.uid);
  // Its owner or none: a dead one would have it collected.
  expect([[newOwner.metadata.uid], []]).toContainEqual(left);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await read(cluster, child)).toBeDefined();
});
