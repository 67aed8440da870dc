import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { CALLER, createAs, mustRead, read, useBench, writeAs } from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('undo-claims');
});

/** Its pods wait for a volume that nobody makes; the claims are there all the same. */
function setOf(name: string, replicas: number, whenScaled = 'Retain') {
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name };
  const labels = { app: name };
  const manifest = full(
    {
      spec: {
        ...{ replicas, serviceName: name, podManagementPolicy: 'Parallel' },
        selector: { matchLabels: labels },
        persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted: 'Retain' },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                ...{ name: 'web', image: 'local/web:1' },
                volumeMounts: [{ name: 'data', mountPath: '/data' }],
              },
            ],
          },
        },
        volumeClaimTemplates: [
          { metadata: { name: 'data' }, spec: { storageClassName: 'none', ...CLAIM } },
        ],
      },
    },
    ref,
  );
  return { ref, manifest };
}

const CLAIM = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const CLAIMS = () => `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;

async function claimsOf(name: string): Promise<string[]> {
  const { json } = await cluster.request('GET', `${CLAIMS()}?labelSelector=app%3D${name}`);
  return objectsOf(json.items)
    .filter((claim) => at(claim, 'metadata', 'deletionTimestamp') === undefined)
    .map((claim) => String(at(claim, 'metadata', 'name')))
    .sort();
}

const theirs = (name: string, ...ordinals: number[]) =>
  ordinals.map((ordinal) => `data-${name}-${ordinal}`);

const awaitClaims = (name: string, count: number) =>
  cluster.waitFor(`${count} claims`, async () => (await claimsOf(name)).length === count);

const retention = (whenScaled: string): JsonObject => ({
  spec: { persistentVolumeClaimRetentionPolicy: { whenScaled } },
});
const scaled = (replicas: number) =>
  ({ verb: 'patch', patchType: 'merge', patch: { spec: { replicas } } }) as const;
const retains = { verb: 'patch', patchType: 'merge', patch: retention('Retain') } as const;

test('claims that somebody else let go with a scale-down meanwhile are not deleted by the undo', async () => {
  const { ref, manifest } = setOf('meanwhile', 1);
  await createAs(cluster, 'kubectl-create', ref, manifest);
  await awaitClaims('meanwhile', 1);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, scaled(2));
  await awaitClaims('meanwhile', 2);
  await writeAs(cluster, 'somebody', ref, 'merge', retention('Delete'));

  const { undo } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([
    { state: 'UNDO_IMPOSSIBLE', how: expect.stringContaining('Set whenScaled to Retain') },
  ]);
  expect(at(await mustRead(cluster, ref), 'spec', 'replicas')).toBe(2);

  await writeAs(cluster, 'somebody', ref, 'merge', retention('Retain'));
  const again = await bench.abort(transaction);
  expect(again.undo.objects).toMatchObject([{ state: 'UNDONE' }]);
  expect(at(await mustRead(cluster, ref), 'spec', 'replicas')).toBe(1);
  // Long enough for the garbage collector to do what it should not.
  await sleep(2_000);
  expect(await claimsOf('meanwhile')).toEqual(theirs('meanwhile', 0, 1));
});

test('retaining the claims and scaling up in one transaction is refused before the scale-up', async () => {
  const { ref, manifest } = setOf('joint', 1, 'Delete');
  await createAs(cluster, 'kubectl-create', ref, manifest);
  await awaitClaims('joint', 1);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, retains);
  await expect(bench.step(transaction, ref, scaled(2))).rejects.toMatchObject({
    code: 'irreversible',
    next: expect.stringContaining('in a transaction of its own'),
  });
  expect(at(await mustRead(cluster, ref), 'spec', 'replicas')).toBe(1);
  await bench.aborted(transaction);

  // As it is once that was committed by itself.
  await writeAs(cluster, 'somebody', ref, 'merge', retention('Retain'));
  const second = await bench.begun(namespace);
  await bench.step(second, ref, scaled(2));
  await awaitClaims('joint', 2);
  await bench.aborted(second);
  await sleep(2_000);
  expect(await claimsOf('joint')).toEqual(theirs('joint', 0, 1));
});

test('a larger set in the place of a deleted one is refused where the retention goes back with it', async () => {
  const { ref, manifest } = setOf('instead', 2, 'Delete');
  await createAs(cluster, 'kubectl-create', ref, manifest);
  await awaitClaims('instead', 2);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, retains);
  await bench.step(transaction, ref, { verb: 'delete' });
  const larger = { verb: 'create', manifest: setOf('instead', 4).manifest } as const;
  await expect(bench.step(transaction, ref, larger)).rejects.toMatchObject({
    code: 'irreversible',
    next: expect.stringContaining('in a transaction of its own'),
  });
  expect(await read(cluster, ref)).toBeUndefined();

  await bench.step(transaction, ref, { verb: 'create', manifest: setOf('instead', 2).manifest });
  await bench.aborted(transaction);
  const restored = await mustRead(cluster, ref);
  expect(restored.spec).toMatchObject({
    replicas: 2,
    persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
  });
  await sleep(2_000);
  expect(await claimsOf('instead')).toEqual(theirs('instead', 0, 1));
});

test('what was retained before a delete that was taken back counts for a scale-up after it', async () => {
  const { ref, manifest } = setOf('returned', 1, 'Delete');
  await createAs(cluster, 'kubectl-create', ref, manifest);
  await awaitClaims('returned', 1);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, retains);
  await bench.step(transaction, ref, { verb: 'delete' });
  const { undo } = await bench.engine.undoLast(transaction, CALLER);
  expect(undo.complete).toBe(true);
  await expect(bench.step(transaction, ref, scaled(2))).rejects.toMatchObject({
    code: 'irreversible',
  });
  expect(at(await mustRead(cluster, ref), 'spec', 'replicas')).toBe(1);
  await bench.aborted(transaction);
  expect(await claimsOf('returned')).toEqual(theirs('returned', 0));
});

test('the report names the claims that a created StatefulSet leaves behind, and no older ones', async () => {
  const { ref, manifest } = setOf('left', 2);
  const older = { storageClassName: 'none', ...CLAIM };
  await cluster.request('POST', CLAIMS(), {
    ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
    metadata: { name: 'data-left-0', labels: { app: 'left' } },
    spec: older,
  });
  // Creation times have seconds.
  await sleep(1_100);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  await awaitClaims('left', 2);
  await bench.aborted(transaction);
  expect(await read(cluster, ref)).toBeUndefined();
  expect(bench.engine.view(transaction).steps[0]?.residual).toEqual([
    'PersistentVolumeClaim data-left-1 stays, with its data.',
  ]);
  expect(await claimsOf('left')).toEqual(theirs('left', 0, 1));
});

test('the report says that the work of a created Job stays done', async () => {
  const ref: ObjectRef = { apiVersion: 'batch/v1', kind: 'Job', namespace, name: 'once' };
  const containers = [{ name: 'c', image: 'local/web:1', command: ['true'] }];
  const manifest = full(
    { spec: { template: { spec: { restartPolicy: 'Never', containers } } } },
    ref,
  );
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'create', manifest });
  await bench.aborted(transaction);
  expect(bench.engine.view(transaction).steps[0]?.residual).toEqual([
    'Work that it ran stays done.',
  ]);
});
