import { beforeAll, expect, test } from 'vitest';
import { at, type JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { leftPayload } from '../../src/tools/transaction/left.ts';
import { useCluster } from '../cluster/index.ts';
import { enforce, make, quota, refusesOld } from './barred.ts';
import { type Change, expectRestored, mustRead, read, urlOf, useBench } from './bench.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('barred');
});

const REMOVE: Change = { verb: 'delete' };
const CONTAINERS = [{ name: 'web', image: 'local/web:1' }];
const merge = (patch: JsonObject): Change => ({ verb: 'patch', patchType: 'merge', patch });
const ref = (kind: string, name: string, apiVersion = 'v1'): ObjectRef => ({
  apiVersion,
  kind,
  namespace,
  name,
});
const gone = (object: ObjectRef) =>
  cluster.waitFor('it to go', async () => (await read(cluster, object)) === undefined);

/** The undo of `object` ends without it, tells the reason, and comes back to it once nothing bars it. */
async function barred(transaction: string, object: ObjectRef, why: RegExp): Promise<void> {
  const { undo, transaction: view } = await bench.abort(transaction);
  expect([view.state, undo.complete]).toEqual(['ABORT_INCOMPLETE', false]);
  const step = view.steps.find((one) => one.object.name === object.name);
  expect(step?.state).toBe('UNDO_IMPOSSIBLE');
  const { needs_human: left } = leftPayload(view);
  expect(left).toContainEqual(
    expect.objectContaining({
      object: `${object.kind} ${object.namespace}/${object.name}`,
      why: expect.stringMatching(why),
    }),
  );
  // Nobody writes until a person or another try has settled it.
  await expect(bench.begin(namespace)).rejects.toMatchObject({ code: 'recovery_pending' });
}

test('the room of a deleted object was taken: the undo names the quota, and ends when there is room', async () => {
  const [mine, theirs, other] = ['mine', 'theirs', 'other'].map((name) => ref('Secret', name));
  if (!mine || !theirs || !other) throw new Error('no refs');
  const before = await make(cluster, mine, { data: { key: 'eA==' } });
  const otherBefore = await make(cluster, other, { data: { key: 'eA==' } });
  const bound = await quota(cluster, namespace, { 'count/secrets': '2' });
  const transaction = await bench.begun(namespace, [mine]);
  await bench.step(transaction, other, merge({ data: { key: 'eQ==' } }));
  await bench.step(transaction, mine, REMOVE);
  await cluster.waitFor('the room to be free', async () => {
    await make(cluster, theirs, { data: { key: 'eA==' } });
    return true;
  });

  await barred(transaction, mine, /exceeded quota: bound/);
  // What needs no room is back, and theirs stays.
  expectRestored(otherBefore, await read(cluster, other));
  await cluster.request('DELETE', urlOf(theirs));
  await cluster.waitFor('room', async () => {
    const { status } = await mustRead(cluster, bound);
    return at(status, 'used', 'count/secrets') === '1';
  });
  await bench.aborted(transaction);
  expectRestored(before, await read(cluster, mine), { recreated: true });
  await cluster.request('DELETE', urlOf(bound));
});

test('Pod Security that was raised meanwhile: a bare pod is refused by name, and comes back once it is allowed', async () => {
  const pod = ref('Pod', 'bare');
  const spec = { containers: CONTAINERS, terminationGracePeriodSeconds: 0 };
  const before = await make(cluster, pod, { spec });
  const transaction = await bench.begun(namespace, [pod]);
  await bench.step(transaction, pod, REMOVE);
  await gone(pod);
  await enforce(cluster, namespace, 'restricted');

  await barred(transaction, pod, /violates PodSecurity "restricted:latest"/);
  expect(await read(cluster, pod)).toBeUndefined();
  // Never by loosening what somebody else has set.
  const place = await mustRead(cluster, { apiVersion: 'v1', kind: 'Namespace', name: namespace });
  expect(place.metadata.labels).toMatchObject({
    'pod-security.kubernetes.io/enforce': 'restricted',
  });
  await enforce(cluster, namespace, null);
  await bench.aborted(transaction);
  expect(at(await mustRead(cluster, pod), 'spec', 'containers', 0, 'image')).toBe(
    at(before, 'spec', 'containers', 0, 'image'),
  );
});

test('an admission policy of somebody else that refuses what was before: named, for a restore and for a recreate', async () => {
  const [changed, deleted] = [ref('ConfigMap', 'changed'), ref('ConfigMap', 'deleted')];
  const data = { mode: 'old' };
  const before = [await make(cluster, changed, { data }), await make(cluster, deleted, { data })];
  const transaction = await bench.begun(namespace, [deleted]);
  await bench.step(transaction, changed, merge({ data: { mode: 'new' } }));
  await bench.step(transaction, deleted, REMOVE);
  const { remove } = await refusesOld(cluster, namespace);

  await barred(transaction, changed, /mode old is no longer allowed/);
  const again = await bench.abort(transaction);
  expect(again.transaction.steps.map(({ state, error }) => [state, error])).toEqual(
    [0, 1].map(() => ['UNDO_IMPOSSIBLE', expect.stringMatching(/mode old is no longer allowed/)]),
  );
  expect((await mustRead(cluster, changed)).data).toEqual({ mode: 'new' });
  expect(await read(cluster, deleted)).toBeUndefined();
  await remove();
  await bench.aborted(transaction);
  if (before[0] === undefined || before[1] === undefined) throw new Error('not made');
  expectRestored(before[0], await read(cluster, changed));
  expectRestored(before[1], await read(cluster, deleted), { recreated: true });
});
