import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { createAs, mustRead, read, urlOf, useBench } from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('adopted-pods');
});

const pod = { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'local/web:1' }] };

type Kind = 'Deployment' | 'ReplicaSet' | 'ReplicationController';

function workload(kind: Kind, name: string, replicas: number) {
  const isOld = kind === 'ReplicationController';
  const ref: ObjectRef = { apiVersion: isOld ? 'v1' : 'apps/v1', kind, namespace, name };
  const labels = { app: name };
  const template = { metadata: { labels }, spec: pod };
  const selector = isOld ? labels : { matchLabels: labels };
  return { ref, manifest: full({ spec: { replicas, selector, template } }, ref) };
}

async function living(plural: string, app: string): Promise<KubeObject[]> {
  const root = plural === 'pods' ? '/api/v1' : '/apis/apps/v1';
  const path = `${root}/namespaces/${namespace}/${plural}?labelSelector=app%3D${app}`;
  return objectsOf((await cluster.request('GET', path)).json.items).filter(
    (one) => at(one, 'metadata', 'deletionTimestamp') === undefined,
  ) as KubeObject[];
}

const uids = async (app: string) =>
  (await living('pods', app)).map(({ metadata }) => metadata.uid).sort();

const ownerUid = (object: KubeObject | undefined) =>
  objectsOf(object?.metadata.ownerReferences)[0]?.uid;

const ready = (one: JsonObject) =>
  objectsOf(at(one, 'status', 'conditions')).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );

async function readyPods(app: string, count: number): Promise<void> {
  await cluster.waitFor(`${count} pods of ${app}`, async () => {
    const pods = await living('pods', app);
    return pods.length === count && pods.every(ready);
  });
}

test('a Deployment deleted and created anew: the abort keeps the pods it had', async () => {
  const { ref, manifest } = workload('Deployment', 'anew', 2);
  await createAs(cluster, 'kubectl-create', ref, manifest);
  await readyPods('anew', 2);
  const before = await uids('anew');

  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'delete' });
  await cluster.waitFor('the delete', async () => (await read(cluster, ref)) === undefined);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  const standIn = (await mustRead(cluster, ref)).metadata.uid;
  await cluster.waitFor('the adoption', async () => {
    return ownerUid((await living('replicasets', 'anew'))[0]) === standIn;
  });
  await bench.aborted(transaction);

  const { uid } = (await mustRead(cluster, ref)).metadata;
  expect(uid).not.toBe(standIn);
  await cluster.waitFor('the way back', async () => {
    return ownerUid((await living('replicasets', 'anew'))[0]) === uid;
  });
  // Long enough for the garbage collector to do what it should not.
  await sleep(2_000);
  expect(await uids('anew')).toEqual(before);
});

test.each(['ReplicaSet', 'ReplicationController'] as const)(
  'a created %s goes without the pod that it had adopted, and the report says so',
  async (kind) => {
    const app = `adopter-${kind.toLowerCase()}`;
    const { ref, manifest } = workload(kind, app, 1);
    const path = `/api/v1/namespaces/${namespace}/pods`;
    await cluster.request('POST', path, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `adopted-${app}`, labels: { app } },
      spec: pod,
    });
    await readyPods(app, 1);
    const before = await uids(app);
    // Creation times have seconds.
    await sleep(1_100);

    const transaction = await bench.begun(namespace);
    await bench.step(transaction, ref, { verb: 'create', manifest });
    await cluster.waitFor('the adoption', async () => {
      return ownerUid((await living('pods', app))[0]) !== undefined;
    });
    await bench.aborted(transaction);

    expect(await read(cluster, ref)).toBeUndefined();
    await sleep(2_000);
    expect(await uids(app)).toEqual(before);
    expect(bench.engine.view(transaction).steps[0]?.residual).toEqual([
      expect.stringContaining(`adopted Pod adopted-${app}`),
    ]);
  },
);

test('a ReplicationController deleted and created anew: the abort keeps the pods it had', async () => {
  const { ref, manifest } = workload('ReplicationController', 'rc-anew', 2);
  await createAs(cluster, 'kubectl-create', ref, manifest);
  await readyPods('rc-anew', 2);
  const before = await uids('rc-anew');

  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'delete' });
  await cluster.waitFor('the delete', async () => (await read(cluster, ref)) === undefined);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  const standIn = (await mustRead(cluster, ref)).metadata.uid;
  await cluster.waitFor('the adoption', async () =>
    (await living('pods', 'rc-anew')).every((one) => ownerUid(one) === standIn),
  );
  await bench.aborted(transaction);

  const { uid } = (await mustRead(cluster, ref)).metadata;
  await cluster.waitFor('the way back', async () =>
    (await living('pods', 'rc-anew')).every((one) => ownerUid(one) === uid),
  );
  expect(await uids('rc-anew')).toEqual(before);
});

test('a workload whose status goes on moving while its adoption is waited out is deleted all the same', {
  timeout: 120_000,
}, async () => {
  const { ref, manifest } = workload('ReplicationController', 'restless', 1);
  await cluster.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'restless', labels: { app: 'restless' } },
    spec: pod,
  });
  await readyPods('restless', 1);
  const before = await uids('restless');
  // Creation times have seconds.
  await sleep(1_100);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  await cluster.waitFor('the adoption', async () => {
    return ownerUid((await living('pods', 'restless'))[0]) !== undefined;
  });

  let isOver = false;
  const moves = async () => {
    for (let move = 0; !isOver; move++) {
      const conditions = [{ type: 'Moves', status: 'True', message: `${move}` }];
      const path = `${urlOf(ref)}/status`;
      await cluster.request('PATCH', path, { status: { conditions } }, { allow: [404, 409] });
      await sleep(500);
    }
  };
  const moving = moves();
  try {
    await bench.aborted(transaction);
  } finally {
    isOver = true;
    await moving;
  }
  expect(await read(cluster, ref)).toBeUndefined();
  await sleep(2_000);
  expect(await uids('restless')).toEqual(before);
});

test('a created Deployment takes what it started with it', async () => {
  const { ref, manifest } = workload('Deployment', 'fresh', 2);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  await readyPods('fresh', 2);
  await bench.aborted(transaction);
  await cluster.waitFor('its pods to go', async () => (await uids('fresh')).length === 0);
});

test('a Deployment created, deleted and created again takes what the first one started with it', async () => {
  const { ref, manifest } = workload('Deployment', 'twice', 1);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  await readyPods('twice', 1);
  await bench.step(transaction, ref, { verb: 'delete' });
  await cluster.waitFor('the delete', async () => (await read(cluster, ref)) === undefined);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  const { uid } = (await mustRead(cluster, ref)).metadata;
  await cluster.waitFor('the adoption', async () => {
    return ownerUid((await living('replicasets', 'twice'))[0]) === uid;
  });
  await bench.aborted(transaction);
  await cluster.waitFor('nothing left', async () => {
    const left = [...(await living('replicasets', 'twice')), ...(await living('pods', 'twice'))];
    return left.length === 0;
  });
});
