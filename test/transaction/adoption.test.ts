import { beforeAll, expect, test } from 'vitest';
import { type JsonObject, objectsOf } from '../../src/core/json.ts';
import { isControlledBy, type KubeObject, type ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { mustRead, urlOf, useBench } from '../undo/bench.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('adoption');
});

const ref = (name: string): ObjectRef => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace,
  name,
});

function deployment(name: string, labels: JsonObject, more: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'local/web:1' }] },
      },
      ...more,
    },
  };
}

/** The one ReplicaSet with a label app. */
async function setOf(app: string): Promise<KubeObject> {
  return await cluster.waitFor(`the ReplicaSet of ${app}`, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=app%3D${app}`;
    const [set] = objectsOf((await cluster.request('GET', path)).json.items);
    return set && ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', ...set } as KubeObject);
  });
}

async function residualOf(transaction: string): Promise<string> {
  const { undo } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([{ state: 'UNDONE' }]);
  return JSON.stringify(undo.objects[0]?.residual);
}

test.each([
  ['that runs', 'runs', {}],
  ['that is paused', 'paused', { paused: true }],
])('a Deployment %s controls its ReplicaSet when the abort is done', async (_what, app, more) => {
  await cluster.apply(deployment(app, { app }));
  const before = await setOf(app);
  await cluster.request('PATCH', urlOf(ref(app)), { spec: more });
  const transaction = await bench.begun(namespace, [ref(app)]);
  await bench.step(transaction, ref(app), { verb: 'delete' });
  expect(await residualOf(transaction)).not.toContain('No longer owned');
  const after = await setOf(app);
  expect(after.metadata.uid).toBe(before.metadata.uid);
  expect(isControlledBy(after, (await mustRead(cluster, ref(app))).metadata.uid)).toBe(true);
});

test('a ReplicaSet that somebody relabelled is named: nobody adopts it', async () => {
  await cluster.apply(deployment('relabelled', { app: 'relabelled' }));
  const set = await setOf('relabelled');
  const transaction = await bench.begun(namespace, [ref('relabelled')]);
  await bench.step(transaction, ref('relabelled'), { verb: 'delete' });
  const target = { ...ref(set.metadata.name), kind: 'ReplicaSet' };
  await gone(ref('relabelled'));
  await cluster.request('PATCH', urlOf(target), { metadata: { labels: { app: 'other' } } });
  expect(await residualOf(transaction)).toContain(
    `No longer owned by it: ReplicaSet ${namespace}/${set.metadata.name} (its controller has not adopted it).`,
  );
});

test('a ReplicaSet that another Deployment adopted meanwhile is named', async () => {
  const labels = { app: 'taken', tier: 'web' };
  await cluster.apply(deployment('taken', labels));
  const set = await setOf('taken');
  const transaction = await bench.begun(namespace, [ref('taken')]);
  await bench.step(transaction, ref('taken'), { verb: 'delete' });
  await cluster.apply(deployment('thief', labels, { selector: { matchLabels: { tier: 'web' } } }));
  await cluster.waitFor('the adoption', async () => {
    const { uid } = (await mustRead(cluster, ref('thief'))).metadata;
    const { json } = await cluster.request(
      'GET',
      urlOf({ ...ref(set.metadata.name), kind: 'ReplicaSet' }),
    );
    return isControlledBy(json as KubeObject, uid);
  });
  expect(await residualOf(transaction)).toContain(
    `No longer owned by it: ReplicaSet ${namespace}/${set.metadata.name} (another controller has taken it).`,
  );
});

test('a ReplicaSet that somebody deleted meanwhile is named: its pods are other ones', async () => {
  await cluster.apply(deployment('deleted', { app: 'deleted' }));
  const set = await setOf('deleted');
  const transaction = await bench.begun(namespace, [ref('deleted')]);
  await bench.step(transaction, ref('deleted'), { verb: 'delete' });
  await gone(ref('deleted'));
  const target = { ...ref(set.metadata.name), kind: 'ReplicaSet' };
  await cluster.request('DELETE', urlOf(target));
  await gone(target);
  expect(await residualOf(transaction)).toContain(
    `Gone since it was deleted: ReplicaSet ${namespace}/${set.metadata.name}.`,
  );
});

async function gone(target: ObjectRef): Promise<void> {
  await cluster.waitFor(`${target.kind} gone`, async () => {
    const { status } = await cluster.request('GET', urlOf(target), undefined, { allow: [404] });
    return status === 404;
  });
}
