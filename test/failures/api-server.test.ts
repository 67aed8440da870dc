import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { type FaultyNetwork, isChange, startFaultyNetwork } from '../campaign/world/network.ts';
import { type ControlPlane, requireControlPlane, startControlPlane } from '../cluster/index.ts';
import {
  begin,
  expectChainWhole,
  expectNoMarks,
  expectUntouched,
  kill,
  openBench,
  setMode,
  settled,
} from '../recovery/bench.ts';
import { expectTeaches } from './teaches.ts';

requireControlPlane();

let plane: ControlPlane;
let network: FaultyNetwork;

beforeAll(async () => {
  plane = await startControlPlane();
  network = await startFaultyNetwork(plane);
}, 120_000);
afterAll(async () => {
  plane?.resume();
  await network?.close();
  await plane?.stop();
});

test('an API server that freezes in the middle: clear errors, and all taken back when it is back', {
  timeout: 240_000,
}, async () => {
  const bench = await openBench(plane, 'frozen');
  const server = await bench.start({}, network.kubeconfig);
  try {
    const before = await bench.configMap('settings');
    const transaction = await begin(server, bench);
    const one = await setMode(server, bench, 'one', { transaction });
    expect(one.data, one.text).toMatchObject({ status: 'applied' });

    // It freezes when the next write is on its way: nobody can know what became of it.
    network.fate = (request) => {
      if (isChange(request)) plane.pause();
      return 'pass';
    };
    const two = await setMode(server, bench, 'two', { transaction });
    expectTeaches(two, 'outcome_unknown');
    expect(two.text).toContain('Whether something was changed is not known.');
    const read = { kind: 'cm', name: 'settings', namespace: bench.namespace };
    expectTeaches(await server.call('observe_get', read), 'cluster_unreachable');
    const third = await setMode(server, bench, 'three', { transaction });
    expectTeaches(third, 'transaction_state');
    // What the journal knows is told all the same.
    const status = await server.call('transaction_status', { transaction });
    expect(status.data, status.text).toMatchObject({ state: 'ABORTING' });

    network.fate = () => 'pass';
    plane.resume();
    expect(await settled(server)).toMatchObject([{ transaction, state: 'ABORTED' }]);
    expectUntouched(await bench.configMap('settings'), before);
    await expectNoMarks(bench);
    expectChainWhole(bench);
    await begin(server, bench);
  } finally {
    plane.resume();
    network.fate = () => 'pass';
    await kill(server);
    bench.remove();
  }
});

test('an API server that refuses connections: reads and begins say so, work goes on afterwards', {
  timeout: 120_000,
}, async () => {
  const bench = await openBench(plane, 'gone');
  network.fate = () => 'drop request';
  const server = await bench.start({}, network.kubeconfig);
  const { namespace } = bench;
  try {
    const calls: [string, JsonObject][] = [
      ['observe_list', { kind: 'pods', namespace }],
      ['transaction_begin', { reason: 'test', namespaces: [namespace] }],
    ];
    for (const [tool, args] of calls) {
      expectTeaches(await server.call(tool, args), 'cluster_unreachable');
    }
    expectTeaches(await setMode(server, bench, 'slow'), 'cluster_unreachable');
    // Health without a cluster is unknown, which is never healthy.
    const health = await server.call('observe_health', { namespace });
    expect(health.data.severity).toBeUndefined();
    expect(health.text).toContain('severity is unknown');
    network.fate = () => 'pass';
    const committed = await setMode(server, bench, 'slow');
    expect(committed.data, committed.text).toMatchObject({ status: 'committed' });
  } finally {
    network.fate = () => 'pass';
    await kill(server);
    bench.remove();
  }
});
