import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import {
  type Change,
  createAs,
  expectRestored,
  mustRead,
  read,
  useBench,
  writeAs,
} from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('undo-pods');
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

const merge = (patch: JsonObject): Change => ({ verb: 'patch', patchType: 'merge', patch });
const strategic = (patch: JsonObject): Change => ({ verb: 'patch', patchType: 'strategic', patch });

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
    const transaction = await bench.begun(namespace);
    await bench.step(transaction, ref, change);
    await cluster.waitFor(
      'a pod of the new rollout',
      async () => (await pods(ref.name)).length === 3,
    );
    await bench.aborted(transaction);
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
    const transaction = await bench.begun(namespace, [ref]);
    const { changes } = await bench.step(transaction, ref, { verb: 'delete' });
    expect(changes).toMatchObject([
      { class: 'compensating', undo: expect.stringContaining('orphaned') },
    ]);
    await cluster.waitFor(
      'the Deployment to be gone',
      async () => (await read(cluster, ref)) === undefined,
    );
    expect(uids(await pods(ref.name))).toEqual(podsBefore);
    await bench.aborted(transaction);
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
    const transaction = await bench.begun(namespace);
    await expect(
      bench.step(transaction, ref, merge({ spec: { revisionHistoryLimit: 1 } })),
    ).rejects.toMatchObject({
      code: 'irreversible',
      message: expect.stringContaining('revisionHistoryLimit'),
    });
    expect((await mustRead(cluster, ref)).spec).toMatchObject({ revisionHistoryLimit: 10 });
    await bench.step(transaction, ref, merge({ spec: { revisionHistoryLimit: 20 } }));
    await bench.aborted(transaction);
    expect((await mustRead(cluster, ref)).spec).toMatchObject({ revisionHistoryLimit: 10 });
  });
});
