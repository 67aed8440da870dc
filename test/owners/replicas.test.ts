import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { at, type Json, type JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
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
import { autoscaler, deployment, SCALED_OBJECTS, scaledObject } from './manifests.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('replicas');
  await cluster.apply([SCALED_OBJECTS]);
});

const merge = (patch: Json): Change => ({ verb: 'patch', patchType: 'merge', patch });
const scale = (replicas: number) => merge({ spec: { replicas } });

async function workload(replicas = 2): Promise<ObjectRef> {
  const name = `web-${randomBytes(4).toString('hex')}`;
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
  await createAs(cluster, 'kubectl-create', ref, deployment(namespace, name, { replicas }));
  return ref;
}

const scalerOf = ({ name }: ObjectRef): ObjectRef => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  namespace,
  name,
});

const countOf = async (ref: ObjectRef) => at((await mustRead(cluster, ref)).spec, 'replicas');

test('the count of what an autoscaler scales stays, the rest is taken back, and both are told', async () => {
  const ref = await workload();
  await createAs(cluster, 'kubectl-create', scalerOf(ref), autoscaler(namespace, ref.name));
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, merge({ spec: { replicas: 3, minReadySeconds: 2 } }));
  const { undo } = await bench.abort(transaction);
  expect(undo.complete).toBe(true);
  expect(undo.objects[0]?.residual).toContainEqual(
    expect.objectContaining({
      path: 'spec.replicas',
      before: 2,
      note: `kept: HorizontalPodAutoscaler ${ref.name} owns it`,
    }),
  );
  const after = await mustRead(cluster, ref);
  expect(at(after.spec, 'replicas')).toBe(3);
  expect(at(after.spec, 'minReadySeconds')).toBeUndefined();
});

test('the same under KEDA', async () => {
  const ref = await workload();
  await cluster.apply([scaledObject(namespace, ref.name, ref.name)]);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, scale(3));
  const { undo } = await bench.abort(transaction);
  expect(JSON.stringify(undo.objects[0]?.residual)).toContain(`ScaledObject ${ref.name} owns it`);
  expect(await countOf(ref)).toBe(3);
});

test('an autoscaler that we removed comes back, and so does the count', async () => {
  const ref = await workload();
  const manifest = autoscaler(namespace, ref.name);
  await createAs(cluster, 'kubectl-create', scalerOf(ref), manifest);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, scalerOf(ref), { verb: 'delete' });
  await bench.step(transaction, ref, scale(6));
  await bench.aborted(transaction);
  expect(await countOf(ref)).toBe(2);
  expect((await mustRead(cluster, scalerOf(ref))).spec).toMatchObject(manifest.spec as JsonObject);
});

test('an autoscaler that we made goes first, and the count comes back', async () => {
  const ref = await workload();
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, scale(4));
  await bench.step(transaction, scalerOf(ref), {
    verb: 'create',
    manifest: autoscaler(namespace, ref.name),
  });
  await bench.aborted(transaction);
  expect(await countOf(ref)).toBe(2);
  expect(await read(cluster, scalerOf(ref))).toBeUndefined();
});

test('a scale that somebody else asked for after us, to the same count, is not lowered', async () => {
  const ref = await workload();
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, scale(5));
  const { apiVersion, kind, name } = ref;
  const theirs = { apiVersion, kind, metadata: { name }, spec: { replicas: 5 } };
  await writeAs(cluster, 'capacity-team', ref, 'apply', theirs);
  const { undo } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([
    {
      state: 'UNDO_CONFLICT',
      conflicts: [
        {
          path: 'spec.replicas',
          before: 2,
          ours: 5,
          now: 5,
          owner: expect.stringMatching(/^capacity-team@/),
        },
      ],
    },
  ]);
  expect(await countOf(ref)).toBe(5);
  const kept = { how: 'keep_theirs', byPerson: true } as const;
  const decided = await bench.engine.abort(transaction, 'decided', CALLER, kept);
  expect(decided.undo.complete).toBe(true);
  expect(await countOf(ref)).toBe(5);
  await cluster.request('DELETE', urlOf(ref));
});
