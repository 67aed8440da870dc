import { beforeAll, expect, test } from 'vitest';
import { at, objectsOf } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { createAs, expectRestored, mustRead, read, useBench } from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('undo-stateful');
});

/** Two pods, all ready. */
async function created(name: string) {
  const ref: ObjectRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name };
  const container = { name: 'web', image: 'local/web:1', ports: [{ containerPort: 8080 }] };
  const labels = { app: name };
  await createAs(
    cluster,
    'kubectl-create',
    ref,
    full(
      {
        spec: {
          replicas: 2,
          serviceName: name,
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { terminationGracePeriodSeconds: 1, containers: [container] },
          },
        },
      },
      ref,
    ),
  );
  const ready = () =>
    cluster.waitFor('two ready pods of one revision', async () => {
      const { status } = await mustRead(cluster, ref);
      return at(status, 'readyReplicas') === 2 && at(status, 'updatedReplicas') === 2;
    });
  await ready();
  return { ref, ready, before: await mustRead(cluster, ref) };
}

const pathOf = (name: string) => `/api/v1/namespaces/${namespace}/pods/${name}`;
const pod = async (name: string) => (await cluster.request('GET', pathOf(name))).json;

test('a StatefulSet whose changed pod hangs is whole again, not only its spec', async () => {
  const { ref, ready, before } = await created('db');
  const untouched = at(await pod('db-0'), 'metadata', 'uid');

  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, {
    verb: 'patch',
    patchType: 'strategic',
    patch: {
      spec: { template: { spec: { containers: [{ name: 'web', image: 'local/web:nope' }] } } },
    },
  });
  await cluster.waitFor('a pod that can not pull its image', async () => {
    const [status] = objectsOf(at(await pod('db-1'), 'status', 'containerStatuses'));
    return String(at(status, 'state', 'waiting', 'reason')).includes('Pull');
  });
  const { undo, transaction: view } = await bench.abort(transaction);
  expect(undo.objects).toMatchObject([
    { state: 'UNDONE', residual: [expect.stringContaining('Pod db-1 was not ready')] },
  ]);
  expect(`${view.state} ${view.outcome}`).toMatch(/^ABORTED/);
  await ready();
  expectRestored(before, await read(cluster, ref));
  expect(at(await pod('db-1'), 'spec', 'containers', 0, 'image')).toBe('local/web:1');
  expect(at(await pod('db-0'), 'metadata', 'uid')).toBe(untouched);
});

test('pods that turn unready once their rollout has finished do not stay on the undone template', async () => {
  const { ref, ready, before } = await created('late');
  const gate = 'example.com/serves';
  const serves = (name: string, status: 'True' | 'False') =>
    cluster.request(
      'PATCH',
      `${pathOf(name)}/status`,
      { status: { conditions: [{ type: gate, status }] } },
      { contentType: 'application/strategic-merge-patch+json' },
    );
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, ref, {
    verb: 'patch',
    patchType: 'strategic',
    patch: { spec: { template: { spec: { readinessGates: [{ conditionType: gate }] } } } },
  });
  for (const name of ['late-1', 'late-0']) {
    await cluster.waitFor(`${name} of the new template`, async () => {
      const { json } = await cluster.request('GET', pathOf(name), undefined, { allow: [404] });
      return at(json, 'spec', 'readinessGates') !== undefined;
    });
    await serves(name, 'True');
  }
  const isCurrent = async () => {
    const { status } = await mustRead(cluster, ref);
    return (
      at(status, 'currentRevision') === at(status, 'updateRevision') &&
      at(status, 'currentRevision') !== at(before.status, 'currentRevision')
    );
  };
  await cluster.waitFor('the end of the rollout', isCurrent);
  for (const name of ['late-1', 'late-0']) await serves(name, 'False');
  await cluster.waitFor('no pod to be ready', async () => {
    return (at((await mustRead(cluster, ref)).status, 'readyReplicas') ?? 0) === 0;
  });

  const { undo } = await bench.abort(transaction);
  expect(undo.objects[0]?.residual).toEqual([
    expect.stringContaining('Pod late-0 was not ready'),
    expect.stringContaining('Pod late-1 was not ready'),
  ]);
  await ready();
  expectRestored(before, await read(cluster, ref));
  for (const name of ['late-0', 'late-1'])
    expect(at(await pod(name), 'spec', 'readinessGates')).toBeUndefined();
});
