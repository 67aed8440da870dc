import { beforeAll, expect, test } from 'vitest';
import { at } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { createAs, mustRead, useBench, writeAs } from '../undo/bench.ts';
import { full } from '../undo/kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let web: ObjectRef;

beforeAll(async () => {
  const namespace = await cluster.namespace('still-worse');
  web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: 'web' };
  const labels = { app: 'web' };
  const containers = [{ name: 'c', image: 'local/web:1' }];
  const spec = {
    replicas: 1,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers } },
  };
  await createAs(cluster, 'kubectl-create', web, full({ spec }, web));
  await available(1);
});

async function available(count: number): Promise<void> {
  await cluster.waitFor(`${count} available`, async () => {
    const now = await mustRead(cluster, web);
    const seen =
      Number(at(now, 'status', 'observedGeneration')) === Number(now.metadata.generation);
    return seen && Number(at(now, 'status', 'availableReplicas') ?? 0) === count;
  });
}

/** Somebody else's rollout, which our undo keeps. */
async function setImage(image: string): Promise<void> {
  const containers = [{ name: 'c', image }];
  await writeAs(cluster, 'kubectl-set', web, 'strategic', {
    spec: { template: { spec: { containers } } },
  });
}

test('an abort stays incomplete for as long as what it touched is worse than before', async () => {
  const transaction = await bench.begun(web.namespace ?? '');
  const patch = { metadata: { annotations: { note: 'ours' } } };
  await bench.step(transaction, web, { verb: 'patch', patchType: 'merge', patch });
  await setImage('nowhere/none:1');
  await available(0);

  for (let round = 0; round < 2; round++) {
    const { transaction: view, undo } = await bench.abort(transaction);
    expect(undo.complete).toBe(false);
    expect(view.state).toBe('ABORT_INCOMPLETE');
    expect(view.outcome).toMatch(/Deployment\S* \S*web/);
    expect(view.steps.map(({ state }) => state)).toEqual(['UNDONE']);
  }

  await setImage('local/web:1');
  await available(1);
  const { transaction: view, undo } = await bench.abort(transaction);
  expect([view.state, undo.complete]).toEqual(['ABORTED', true]);
}, 120_000);
