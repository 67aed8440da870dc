import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { KubeObject, ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { createAs, mustRead, read, useBench } from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('adopted-pods');
});

const pod = { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'local/web:1' }] };

function workload(kind: 'Deployment' | 'ReplicaSet', name: string, replicas: number) {
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind, namespace, name };
  const labels = { app: name };
  const template = { metadata: { labels }, spec: pod };
  const manifest = full({ spec: { replicas, selector: { matchLabels: labels }, template } }, ref);
  return { ref, manifest };
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

test('a created ReplicaSet goes without the pod that it had adopted, and the report says so', async () => {
  const { ref, manifest } = workload('ReplicaSet', 'adopter', 1);
  const bare: ObjectRef = { apiVersion: 'v1', kind: 'Pod', namespace, name: 'adopted' };
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await cluster.request('POST', path, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: bare.name, labels: { app: 'adopter' } },
    spec: pod,
  });
  await readyPods('adopter', 1);
  const before = await uids('adopter');
  // Creation times have seconds.
  await sleep(1_100);

  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  await cluster.waitFor('the adoption', async () => {
    return ownerUid((await living('pods', 'adopter'))[0]) !== undefined;
  });
  await bench.aborted(transaction);

  expect(await read(cluster, ref)).toBeUndefined();
  await sleep(2_000);
  expect(await uids('adopter')).toEqual(before);
  expect(bench.engine.view(transaction).steps[0]?.residual).toEqual([
    expect.stringContaining('adopted Pod adopted'),
  ]);
});

test('a created Deployment takes what it started with it', async () => {
  const { ref, manifest } = workload('Deployment', 'fresh', 2);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  await readyPods('fresh', 2);
  await bench.aborted(transaction);
  await cluster.waitFor('its pods to go', async () => (await uids('fresh')).length === 0);
});
