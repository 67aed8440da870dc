import { beforeAll, describe, expect, test } from 'vitest';
import { at, objectsOf } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useOwnCluster } from '../cluster/index.ts';
import { expectRestored, mustRead, read, urlOf } from '../undo/bench.ts';
import { begin, boundClaim, deletesBench, done, make } from './bench.ts';

// Alone: what is deleted here is cluster-wide, so the gate measures every namespace.
const cluster = await useOwnCluster({ nodes: 1 });
let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('deferred');
});

const CONTAINERS = [{ name: 'web', image: 'local/web:1' }];
const reason = 'test';

describe('a claim whose volume would be deleted', { timeout: 120_000 }, () => {
  const remove = (name: string) => ({ kind: 'PersistentVolumeClaim', name, namespace, reason });

  test('is refused without a person', async () => {
    const { claim } = await boundClaim(cluster, namespace, 'unasked', 'Delete');
    const server = await deletesBench(cluster).start();
    const answer = await server.call('mitigate_delete', remove('unasked'));
    expect(answer.text).toContain('[irreversible]');
    expect(answer.text).toMatch(/effect ask/);
    expect(await read(cluster, claim)).toBeDefined();
  });

  test('goes after the commit, its volume is kept, and undo_transaction binds the two again', async () => {
    const { claim, volume } = await boundClaim(cluster, namespace, 'asked', 'Delete');
    const [before, was] = [await mustRead(cluster, claim), await mustRead(cluster, volume)];
    const bench = deletesBench(cluster);
    const server = await bench.start();
    const transaction = await begin(
      server,
      [namespace],
      [`PersistentVolumeClaim/${namespace}/asked`],
    );
    const plan = await done(server, 'mitigate_delete', {
      ...remove('asked'),
      transaction,
      dry_run: true,
    });
    expect(plan.text).toContain('only after the commit');
    // What is asked for comes first, not what stands in for it.
    const asked = `PersistentVolumeClaim ${namespace}/asked: delete, only after the commit, and 1 more`;
    expect(plan.data.summary).toContain(asked);
    expect(bench.asked).toHaveLength(0);
    await done(server, 'mitigate_delete', { ...remove('asked'), transaction });
    expect(bench.asked.join()).toContain('delete of PersistentVolumeClaim');
    // Measured with the stand-in: the claim is still there, the volume is safe.
    expect((await mustRead(cluster, claim)).metadata.deletionTimestamp).toBeUndefined();
    expect(await mustRead(cluster, volume)).toMatchObject({
      spec: { persistentVolumeReclaimPolicy: 'Retain' },
    });
    const status = await done(server, 'transaction_status', { transaction });
    expect(JSON.stringify(status.data.steps)).toContain('"after_commit":"WAITING"');
    const committed = await done(server, 'transaction_commit', { transaction });
    expect(committed.data.status, committed.text).toBe('committed');
    await cluster.waitFor(
      'the claim to go',
      async () => (await read(cluster, claim)) === undefined,
    );
    await cluster.waitFor(
      'the release',
      async () => at(await mustRead(cluster, volume), 'status', 'phase') === 'Released',
    );
    const undone = await done(server, 'undo_transaction', { transaction, reason });
    expect(undone.data.state, undone.text).toBe('UNDONE');
    const [after, is] = [await mustRead(cluster, claim), await mustRead(cluster, volume)];
    expect(after).toMatchObject({ spec: { volumeName: volume.name }, status: { phase: 'Bound' } });
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
    expect(is.metadata.uid).toBe(was.metadata.uid);
    expect(is).toMatchObject({
      spec: { persistentVolumeReclaimPolicy: 'Delete' },
      status: { phase: 'Bound' },
    });
    expect(JSON.stringify([after, is])).not.toContain('stratus');
  });

  test('undo_last takes the stand-in back, and nothing has happened', async () => {
    const { claim, volume } = await boundClaim(cluster, namespace, 'asked-back', 'Delete');
    const before = await mustRead(cluster, volume);
    const server = await deletesBench(cluster).start();
    const transaction = await begin(server, [namespace]);
    await done(server, 'mitigate_delete', { ...remove('asked-back'), transaction });
    const back = await done(server, 'undo_last', { transaction, reason });
    expect(back.text).toContain('never done');
    expectRestored(before, await mustRead(cluster, volume));
    await done(server, 'transaction_commit', { transaction });
    expect((await mustRead(cluster, claim)).metadata.deletionTimestamp).toBeUndefined();
  });

  test('that was changed after the approval stays, and the commit says so in its state', async () => {
    const { claim, volume } = await boundClaim(cluster, namespace, 'asked-late', 'Delete');
    const server = await deletesBench(cluster).start();
    const transaction = await begin(
      server,
      [namespace],
      [`PersistentVolumeClaim/${namespace}/asked-late`],
    );
    await done(server, 'mitigate_delete', { ...remove('asked-late'), transaction });
    await cluster.request('PATCH', urlOf(claim), { metadata: { labels: { precious: 'yes' } } });
    const committed = await server.call('transaction_commit', { transaction });
    expect(committed.text).toContain('changed after it had been approved');
    expect(committed.text).toContain('stratus-mcp transactions accept');
    const status = await done(server, 'transaction_status', { transaction });
    expect(status.data.state).toBe('COMMIT_INCOMPLETE');
    expect((await mustRead(cluster, claim)).metadata.deletionTimestamp).toBeUndefined();
    const next = await server.call('transaction_begin', { reason, namespaces: [namespace] });
    expect(next.text).toContain('[recovery_pending]');
    const undone = await done(server, 'undo_transaction', { transaction, reason });
    expect(undone.data.state, undone.text).toBe('UNDONE');
    expect(await mustRead(cluster, volume)).toMatchObject({
      spec: { persistentVolumeReclaimPolicy: 'Delete' },
    });
    expect(await mustRead(cluster, claim)).toMatchObject({ status: { phase: 'Bound' } });
  });
});

describe('a namespace', { timeout: 180_000 }, () => {
  test('stands still until the commit, then goes; before it all comes back', async () => {
    const place = `asked-${namespace}`;
    const ref: ObjectRef = { apiVersion: 'v1', kind: 'Namespace', name: place };
    await make(cluster, ref, {});
    const web: ObjectRef = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: place,
      name: 'web',
    };
    const labels = { app: 'web' };
    const template = { metadata: { labels }, spec: { containers: CONTAINERS } };
    await cluster.waitFor('the default account', async () =>
      read(cluster, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        namespace: place,
        name: 'default',
      }),
    );
    await make(cluster, web, {
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    });
    await cluster.waitFor(
      'two pods',
      async () => at(await mustRead(cluster, web), 'status', 'readyReplicas') === 2,
    );
    const server = await deletesBench(cluster).start();
    const args = { kind: 'Namespace', name: place, reason };
    const first = await begin(server, ['*']);
    await done(server, 'mitigate_delete', { ...args, transaction: first });
    expect(await mustRead(cluster, web)).toMatchObject({ spec: { replicas: 0 } });
    await done(server, 'transaction_abort', { transaction: first, reason });
    expect(await mustRead(cluster, web)).toMatchObject({ spec: { replicas: 2 } });
    expect((await mustRead(cluster, ref)).metadata.deletionTimestamp).toBeUndefined();
    await cluster.waitFor(
      'two pods',
      async () => at(await mustRead(cluster, web), 'status', 'readyReplicas') === 2,
    );
    const second = await begin(server, ['*']);
    await done(server, 'mitigate_delete', { ...args, transaction: second });
    const committed = await done(server, 'transaction_commit', { transaction: second });
    expect(committed.data.status, committed.text).toBe('committed');
    await cluster.waitFor('it to go', async () => (await read(cluster, ref)) === undefined, 60_000);
    const undone = await server.call('undo_transaction', { transaction: second, reason });
    expect(undone.text).toContain('removed for good');
    const status = await done(server, 'transaction_status', { transaction: second });
    expect(status.data.state).toBe('COMMITTED');
  });

  test('with a pod that nothing controls stays: it can neither be stilled nor brought back', async () => {
    const place = await cluster.namespace('asked-bare');
    const ref: ObjectRef = { apiVersion: 'v1', kind: 'Pod', namespace: place, name: 'bare' };
    await make(cluster, ref, { spec: { containers: CONTAINERS } });
    const server = await deletesBench(cluster).start();
    const transaction = await begin(server, ['*']);
    const args = { kind: 'Namespace', name: place, reason, transaction };
    const answer = await server.call('mitigate_delete', args);
    expect(answer.text).toContain('[irreversible]');
    expect(answer.text).toContain('Pod/bare');
    await done(server, 'transaction_abort', { transaction, reason });
  });

  test('goes after a workload that can not be stilled was deleted with it', async () => {
    const place = await cluster.namespace('asked-agents');
    const ref = { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: place, name: 'agent' };
    const labels = { app: 'agent' };
    const template = { metadata: { labels }, spec: { containers: CONTAINERS } };
    await make(cluster, ref, { spec: { selector: { matchLabels: labels }, template } });
    await cluster.waitFor('its pods', async () => {
      const { currentNumberScheduled = 0, numberReady = -1 } = Object(
        (await mustRead(cluster, ref)).status,
      );
      return currentNumberScheduled > 0 && currentNumberScheduled === numberReady;
    });
    const server = await deletesBench(cluster).start();
    const transaction = await begin(server, ['*']);
    const args = { kind: 'Namespace', name: place, reason, transaction };
    const held = await server.call('mitigate_delete', args);
    expect(held.text).toContain('it has DaemonSet/agent');
    const agent = { kind: 'DaemonSet', name: 'agent', namespace: place, reason, transaction };
    await done(server, 'mitigate_delete', agent);
    await done(server, 'mitigate_delete', args);
    await done(server, 'transaction_abort', { transaction, reason });
    expect(await mustRead(cluster, ref)).toBeDefined();
  });

  test('that holds the Lease stays: every server would lose it', async () => {
    const place = await cluster.namespace('asked-lease');
    const server = await deletesBench(cluster).start({ STRATUS_LEASE: `${place}/writer` });
    const transaction = await begin(server, ['*']);
    const args = { kind: 'Namespace', name: place, reason, transaction };
    const answer = await server.call('mitigate_delete', args);
    expect(answer.text).toContain('[irreversible]');
    expect(answer.text).toContain(`${place}/writer`);
    await done(server, 'transaction_abort', { transaction, reason });
  });
});

describe('a definition with objects', { timeout: 120_000 }, () => {
  test('is not served until the commit, and its objects are whole when it comes back', async () => {
    const group = `${namespace}.example.org`;
    const name = `asked.${group}`;
    const ref: ObjectRef = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name,
    };
    const schema = {
      openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    };
    await make(cluster, ref, {
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Asked', plural: 'asked', singular: 'asked' },
        versions: [{ name: 'v1', served: true, storage: true, schema }],
      },
    });
    const url = `/apis/${group}/v1/namespaces/${namespace}/asked`;
    const manifest = {
      apiVersion: `${group}/v1`,
      kind: 'Asked',
      metadata: { name: 'one' },
      spec: { a: 1 },
    };
    const status = async () =>
      (await cluster.request('GET', `${url}/one`, undefined, { allow: [404] })).status;
    await cluster.waitFor('the kind', async () => {
      await cluster.request('POST', url, manifest);
      return true;
    });
    const server = await deletesBench(cluster).start();
    const args = { kind: 'CustomResourceDefinition', name, reason };
    const first = await begin(server, ['*']);
    await done(server, 'mitigate_delete', { ...args, transaction: first });
    await cluster.waitFor('it not to be served', async () => (await status()) === 404);
    await done(server, 'transaction_abort', { transaction: first, reason });
    await cluster.waitFor('it to be served', async () => (await status()) === 200);
    const second = await begin(server, ['*']);
    await done(server, 'mitigate_delete', { ...args, transaction: second });
    await done(server, 'transaction_commit', { transaction: second });
    await cluster.waitFor('it to go', async () => (await read(cluster, ref)) === undefined);
  });
});

test('a finalizer of a terminating object is lifted only after the commit', {
  timeout: 120_000,
}, async () => {
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'stuck' };
  await make(cluster, ref, { metadata: { finalizers: ['example.org/wait'] } });
  await cluster.request('DELETE', urlOf(ref));
  const server = await deletesBench(cluster).start();
  const args = { kind: 'ConfigMap', name: 'stuck', namespace, reason };
  const patch = { metadata: { finalizers: null } };
  const transaction = await begin(server, [namespace]);
  const other = await server.call('mitigate_patch', {
    ...args,
    transaction,
    patch: { data: { a: 'b' } },
  });
  expect(other.text).toContain('is being deleted');
  await done(server, 'mitigate_patch', { ...args, transaction, patch });
  expect((await mustRead(cluster, ref)).metadata.finalizers).toEqual(['example.org/wait']);
  await done(server, 'transaction_commit', { transaction });
  await cluster.waitFor('it to go', async () => (await read(cluster, ref)) === undefined);
});

test('a node is cordoned until the commit', { timeout: 120_000 }, async () => {
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'Node', name: 'asked-node' };
  await make(cluster, ref, { spec: {} });
  const server = await deletesBench(cluster).start();
  const transaction = await begin(server, ['*']);
  const args = { kind: 'Node', name: 'asked-node', reason, transaction };
  await done(server, 'mitigate_delete', args);
  expect(await mustRead(cluster, ref)).toMatchObject({ spec: { unschedulable: true } });
  await done(server, 'transaction_abort', { transaction, reason });
  expect(at(await mustRead(cluster, ref), 'spec', 'unschedulable')).toBeUndefined();
  expect(
    objectsOf((await mustRead(cluster, ref)).metadata.managedFields).map(({ manager }) => manager),
  ).not.toContain('stratus-mcp');
  await cluster.request('DELETE', urlOf(ref));
});
