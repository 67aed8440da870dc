import { expect, onTestFinished, test } from 'vitest';
import { connectCluster } from '../../src/cluster/connect.ts';
import { createListFeed } from '../../src/cluster/feed.ts';
import { createReader } from '../../src/cluster/reader.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createSeverityMeter } from '../../src/severity/meter.ts';
import { useCluster } from '../cluster/index.ts';
import { SETTINGS } from './objects.ts';

const cluster = useCluster();

const PODS = 260;
const RUNNING = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [status({ running: {} })],
};
const CRASHING = { containerStatuses: [status({ waiting: { reason: 'CrashLoopBackOff' } })] };

function status(state: object): object {
  return { name: 'web', image: 'i', imageID: 'i', ready: true, restartCount: 0, state };
}

test('a crowd of pods is followed, and each change is measured at once', async () => {
  const namespace = await cluster.namespace('crowd');
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  // Nobody schedules them and no kubelet tends them.
  const spec = { schedulerName: 'nobody', containers: [{ name: 'web', image: 'i' }] };
  const create = async (index: number) => {
    await cluster.request('POST', pods, { metadata: { name: `pod-${index}` }, spec });
    await cluster.request('PATCH', `${pods}/pod-${index}/status`, { status: RUNNING });
  };
  for (let first = 0; first < PODS; first += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, it) => create(first + it)));
  }
  const connection = await connectCluster({ kubeconfig: cluster.kubeconfig('reader'), env: {} });
  const feed = createListFeed(connection);
  const reader = createReader(connection);
  const meter = createSeverityMeter({ reader, settings: SETTINGS, clock: systemClock, feed });
  onTestFinished(async () => {
    meter.close();
    await connection.close();
  });
  const sick = async () => {
    const { violations, unknowns } = await meter.measure({ namespaces: 'all' });
    expect(unknowns).toEqual([]);
    const here = violations.filter((it) => it.object.namespace === namespace);
    return here.map((it) => it.id.replace(`/${namespace}`, '')).sort();
  };
  expect(await sick()).toEqual([]);
  for (let round = 0; round < 5; round++) {
    await cluster.request('PATCH', `${pods}/pod-${round}/status`, { status: CRASHING });
    expect(await sick()).toEqual([`container|Pod/pod-${round}|CrashLoop`]);
    await cluster.request('DELETE', `${pods}/pod-${round}`, { gracePeriodSeconds: 0 });
    expect(await sick()).toEqual([]);
  }
}, 120_000);
