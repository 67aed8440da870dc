import { beforeAll, expect, test } from 'vitest';
import { objectsOf } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { comparableManagedFields } from '../../src/undo/managed-fields.ts';
import { useCluster } from '../cluster/index.ts';
import { type Change, createAs, mustRead, read, useBench } from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('dependents');
});

const REMOVE: Change = { verb: 'delete' };
const ref = (kind: string, name: string, apiVersion = 'v1'): ObjectRef => ({
  apiVersion,
  kind,
  namespace,
  name,
});

/** A ConfigMap that owns another, as operators and Helm charts build them. */
async function family(name: string): Promise<{ owner: ObjectRef; child: ObjectRef }> {
  const owner = ref('ConfigMap', name);
  const child = ref('ConfigMap', `${name}-child`);
  await createAs(cluster, 'kubectl-create', owner, full({ data: { who: 'owner' } }, owner));
  const { uid } = (await mustRead(cluster, owner)).metadata;
  const manifest = full({ data: { who: 'child' } }, child);
  await createAs(cluster, 'operator', child, {
    ...manifest,
    metadata: {
      ...(manifest.metadata as object),
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid: `${uid}` }],
    },
  });
  return { owner, child };
}

test('what a deleted object owned belongs to it again after the abort, exactly as before', async () => {
  const { owner, child } = await family('kept');
  const before = await mustRead(cluster, child);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, owner, REMOVE);
  const { undo, transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORTED');
  expect(await mustRead(cluster, owner)).toMatchObject({ data: { who: 'owner' } });
  expect(await mustRead(cluster, child)).toMatchObject({ data: { who: 'child' } });
  expect(JSON.stringify(undo.objects)).not.toContain('No longer owned');
  const { uid } = (await mustRead(cluster, owner)).metadata;
  const after = await mustRead(cluster, child);
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(after.metadata.ownerReferences).toEqual([
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'kept', uid },
  ]);
  const was = String(objectsOf(before.metadata.ownerReferences)[0]?.uid);
  expect(JSON.stringify(comparableManagedFields(after))).toBe(
    JSON.stringify(comparableManagedFields(before)).replaceAll(was, `${uid}`),
  );
});

test('after the commit it is gone, as an ordinary delete would have it', async () => {
  const { owner, child } = await family('gone');
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, owner, REMOVE);
  expect(await read(cluster, child)).toBeDefined();
  const result = await bench.engine.commit(transaction, { waitMs: 60_000 });
  expect(result.kind).toBe('committed');
  await cluster.waitFor('the child to go', async () => (await read(cluster, child)) === undefined);
  expect(await read(cluster, owner)).toBeUndefined();
});

test('a workload is judged as gone while its pods still serve', async () => {
  const labels = { app: 'served' };
  const pod = {
    metadata: { labels },
    spec: { containers: [{ name: 'web', image: 'local/web:1' }] },
  };
  const web = ref('Deployment', 'served', 'apps/v1');
  await cluster.apply([
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'served', namespace },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'served', namespace },
      spec: { replicas: 2, selector: { matchLabels: labels }, template: pod },
    },
  ]);
  const pods = async () => {
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Dserved`;
    const { text } = await cluster.request('GET', path);
    return [...text.matchAll(/"ready":true/g)].length;
  };
  await cluster.waitFor('two ready pods', async () => (await pods()) === 2);
  const transaction = await bench.begun(namespace, [web]);
  await bench.step(transaction, web, REMOVE);
  const result = await bench.engine.commit(transaction, { waitMs: 60_000 });
  // The Service would lose its endpoints: that was not declared.
  expect(result).toMatchObject({ kind: 'undone', undo: { complete: true } });
  expect(await pods()).toBe(2);
  expect(await mustRead(cluster, web)).toMatchObject({ spec: { replicas: 2 } });
  expect(bench.engine.view(transaction).state).toBe('ABORTED');
});
