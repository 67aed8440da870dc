import { beforeAll, expect, test } from 'vitest';
import { at, objectsOf } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { createAs, expectRestored, mustRead, read, useBench } from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('undo-stateful');
});

test('a StatefulSet whose changed pod hangs is whole again, not only its spec', async () => {
  const ref = { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace, name: 'db' };
  const container = { name: 'web', image: 'local/web:1', ports: [{ containerPort: 8080 }] };
  const labels = { app: 'db' };
  await createAs(
    cluster,
    'kubectl-create',
    ref,
    full(
      {
        spec: {
          replicas: 2,
          serviceName: 'db',
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
  const before = await mustRead(cluster, ref);
  const pod = async (name: string) =>
    (await cluster.request('GET', `/api/v1/namespaces/${namespace}/pods/${name}`)).json;
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
