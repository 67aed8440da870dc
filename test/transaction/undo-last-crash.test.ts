import { expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { type Bench, begin, setMode } from '../recovery/bench.ts';
import { all, discover, type Flow, survive } from '../recovery/crash.ts';
import type { Assistant } from '../story/client.ts';

const cluster = useCluster();

/** The object is deleted, brought back by undo_last, and the transaction given up. */
async function deleteAndBack(
  server: Assistant,
  { namespace }: Bench,
  name: string,
  transaction: string,
): Promise<void> {
  const target = { kind: 'ConfigMap', name, namespace };
  await server.call('mitigate_delete', { ...target, transaction, reason: 'test' });
  await server.call('undo_last', { transaction, reason: 'test' });
  await server.call('transaction_abort', { transaction, reason: 'test' });
}

const CHANGED: Flow = {
  name: 'patch, delete, undo_last and abort',
  object: 'settings',
  recreates: true,
  run: async (server, bench) => {
    const transaction = await begin(server, bench);
    await setMode(server, bench, 'slow', { transaction });
    await deleteAndBack(server, bench, 'settings', transaction);
  },
};

const CREATED: Flow = {
  name: 'create, delete, undo_last and abort',
  object: 'fresh',
  run: async (server, bench) => {
    const transaction = await begin(server, bench);
    const manifest = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fresh","namespace":"${bench.namespace}"},"data":{"a":"b"}}`;
    await server.call('mitigate_apply', { mode: 'create', manifest, transaction, reason: 'test' });
    await deleteAndBack(server, bench, 'fresh', transaction);
  },
};

test.each([CHANGED, CREATED])(
  '$name: killed around each request of the undo',
  { timeout: 600_000 },
  async (flow) => {
    const points = await discover(cluster, flow);
    expect(points).toContain('cluster.undo.after:2');
    const chosen = points.filter((point) =>
      ['cluster.undo.', 'journal.moveStep.UNDONE.before'].some((name) => point.startsWith(name)),
    );
    await all(chosen.map((point) => () => survive(cluster, flow, point)));
  },
);
