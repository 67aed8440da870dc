import { beforeAll, expect, test } from 'vitest';
import { at, type JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { leftPayload } from '../../src/tools/transaction/left.ts';
import { useCluster } from '../cluster/index.ts';
import { make } from './barred.ts';
import { CALLER, type Change, expectRestored, mustRead, read, urlOf, useBench } from './bench.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('ports');
});

const ref = (name: string): ObjectRef => ({ apiVersion: 'v1', kind: 'Service', namespace, name });
const PORTS = [{ port: 80 }];
const BALANCED = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: PORTS };
const merge = (patch: JsonObject): Change => ({ verb: 'patch', patchType: 'merge', patch });
const CLUSTER = merge({ spec: { externalTrafficPolicy: 'Cluster' } });

/** Somebody makes a Service with what the one before it had, as soon as that is free. */
async function take(name: string, spec: JsonObject): Promise<ObjectRef> {
  const thief = ref(name);
  await cluster.waitFor('it to be free', async () => {
    await make(cluster, thief, { spec });
    return true;
  });
  return thief;
}

/** Neither numbered anew nor given up: the undo says who has it, and succeeds once it is free. */
async function returnsAfter(
  thief: ObjectRef,
  transaction: string,
  object: ObjectRef,
  path: string,
): Promise<void> {
  const { undo, transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
  expect(undo.objects).toMatchObject([
    {
      object: { name: object.name },
      state: 'UNDO_CONFLICT',
      conflicts: [{ path, note: `Service ${namespace}/${thief.name} has it now` }],
    },
  ]);
  // What it says to do is what helps: there is nothing that a person could decide.
  const holder = expect.stringContaining(`Service ${namespace}/${thief.name} has it now`);
  const { needs_human: left } = leftPayload(view);
  expect(left).toMatchObject([{ why: holder, resolve: expect.arrayContaining([holder]) }]);
  expect(JSON.stringify(left)).not.toContain('transactions resolve');
  expect(JSON.stringify(left)).toContain('transactions accept');
  await cluster.request('DELETE', urlOf(thief));
  await bench.aborted(transaction);
}

test('the address of a deleted Service was taken: the conflict names who has it', async () => {
  const object = ref('addressed');
  const before = await make(cluster, object, { spec: { ports: PORTS } });
  const clusterIP = at(before, 'spec', 'clusterIP') ?? '';
  const transaction = await bench.begun(namespace, [object]);
  await bench.step(transaction, object, { verb: 'delete' });
  const thief = await take('address-thief', { clusterIP, ports: PORTS });
  await returnsAfter(thief, transaction, object, 'spec.clusterIP');
  expectRestored(before, await read(cluster, object), { recreated: true });
});

test('the health check port of a deleted Service was taken: the conflict names who has it', async () => {
  const object = ref('checked');
  const before = await make(cluster, object, { spec: BALANCED });
  const healthCheckNodePort = at(before, 'spec', 'healthCheckNodePort') ?? 0;
  const transaction = await bench.begun(namespace, [object]);
  await bench.step(transaction, object, { verb: 'delete' });
  const thief = await take('check-thief', { ...BALANCED, healthCheckNodePort });
  await returnsAfter(thief, transaction, object, 'spec.healthCheckNodePort');
  expectRestored(before, await read(cluster, object), { recreated: true });
});

test('a health check port that a change gave up comes back, and the step says that it may not', async () => {
  const object = ref('local');
  const before = await make(cluster, object, { spec: BALANCED });
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, object, CLUSTER);
  expect(at(await mustRead(cluster, object), 'spec', 'healthCheckNodePort')).toBeUndefined();
  expect(bench.engine.view(transaction).steps).toMatchObject([{ class: 'compensating' }]);
  await bench.aborted(transaction);
  expectRestored(before, await read(cluster, object));
});

test('a health check port that a change gave up was taken: the conflict names who has it', async () => {
  const object = ref('robbed');
  const before = await make(cluster, object, { spec: BALANCED });
  const healthCheckNodePort = at(before, 'spec', 'healthCheckNodePort') ?? 0;
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, object, CLUSTER);
  const thief = await take('local-thief', { ...BALANCED, healthCheckNodePort });
  await returnsAfter(thief, transaction, object, 'spec.healthCheckNodePort');
  expectRestored(before, await read(cluster, object));
});

test('an address that stays with somebody else: a person accepts the transaction as it is', async () => {
  const object = ref('given-up');
  const before = await make(cluster, object, { spec: { ports: PORTS } });
  const clusterIP = at(before, 'spec', 'clusterIP') ?? '';
  const transaction = await bench.begun(namespace, [object]);
  await bench.step(transaction, object, { verb: 'delete' });
  const thief = await take('keeper', { clusterIP, ports: PORTS });
  expect((await bench.abort(transaction)).transaction.state).toBe('ABORT_INCOMPLETE');
  const accepted = await bench.engine.accept(transaction, 'it may keep it', CALLER);
  expect(accepted.state).toBe('ABORTED');
  expect(await read(cluster, object)).toBeUndefined();
  expect(at(await mustRead(cluster, thief), 'spec', 'clusterIP')).toBe(clusterIP);
});
