import { beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { mitigateSetMetadata } from '../../src/tools/mitigate/set-metadata.ts';
import { useCluster } from '../cluster/index.ts';
import { CALLER, type Change, createAs, mustRead, read, useBench, writeAs } from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('safety');
});

const configMap = (name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});
function manifest(ref: ObjectRef, metadata: JsonObject = {}): JsonObject {
  const whole = full({ data: { mode: 'old' } }, ref);
  return { ...whole, metadata: { name: ref.name, namespace, ...metadata } };
}
const mode = (value: string): Change => ({
  verb: 'patch',
  patchType: 'merge',
  patch: { data: { mode: value } },
});
const PROTECTED = { 'stratus.dev/protected': 'true' };

test('what a finalizer would hold when it is deleted again is not created', async () => {
  const ref = configMap('held');
  const transaction = await bench.begun(namespace);
  const held = manifest(ref, { finalizers: ['example.com/hold'] });
  await expect(
    bench.step(transaction, ref, { verb: 'create', manifest: held }),
  ).rejects.toMatchObject({ code: 'irreversible', message: expect.stringContaining('finalizers') });
  expect(await read(cluster, ref)).toBeUndefined();
  await bench.aborted(transaction);
});

test('an object whose owner is of a kind that is not served comes back, without that owner', async () => {
  const ref = configMap('orphan');
  const ownerReferences = [
    {
      apiVersion: 'gone.example.com/v1',
      kind: 'Gone',
      name: 'owner',
      uid: '00000000-0000-4000-8000-000000000000',
    },
  ];
  await createAs(cluster, 'kubectl-create', ref, manifest(ref, { ownerReferences }));
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, { verb: 'delete' });
  expect(await read(cluster, ref)).toBeUndefined();
  await bench.aborted(transaction);
  const { data, metadata } = await mustRead(cluster, ref);
  expect(data).toEqual({ mode: 'old' });
  expect(metadata.ownerReferences).toBeUndefined();
});

test('a protection that a person puts on it meanwhile survives the abort', async () => {
  const ref = configMap('guarded');
  await createAs(cluster, 'kubectl-create', ref, manifest(ref));
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, mode('ours'));
  await writeAs(cluster, 'kubectl-label', ref, 'merge', { metadata: { labels: PROTECTED } });
  await bench.aborted(transaction);
  const { data, metadata } = await mustRead(cluster, ref);
  expect(data).toEqual({ mode: 'old' });
  expect(metadata.labels).toEqual(PROTECTED);
});

test('setting or removing a protection is a change like any other', async () => {
  const ref = configMap('labelled');
  await createAs(cluster, 'kubectl-create', ref, manifest(ref));
  const path = 'metadata.labels["stratus.dev/protected"]';
  const label = (more: JsonObject) => {
    const base = { kind: 'ConfigMap', name: ref.name, namespace, reason: 'test', ...more };
    const args = mitigateSetMetadata.input.parse(base);
    const plan: Parameters<typeof bench.engine.plan>[0]['plan'] = (live) =>
      mitigateSetMetadata.plan(args, live);
    return { tool: 'mitigate_set_metadata', reads: mitigateSetMetadata.reads(args), plan };
  };
  const planned = await bench.engine.plan(label({ labels: PROTECTED }), CALLER);
  expect(planned.changes[0]?.changedPaths).toEqual([path]);

  const transaction = await bench.begun(namespace);
  await bench.engine.step(transaction, label({ labels: PROTECTED }), CALLER);
  expect((await mustRead(cluster, ref)).metadata.labels).toEqual(PROTECTED);
  const removed = await bench.engine.plan(
    label({ labels: { 'stratus.dev/protected': null } }),
    CALLER,
  );
  expect(removed.changes[0]?.changedPaths).toEqual([path]);
  await bench.aborted(transaction);
  expect((await mustRead(cluster, ref)).metadata.labels).toBeUndefined();
});
