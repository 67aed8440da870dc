import { expect, test } from 'vitest';
import { useCluster } from '../cluster/index.ts';
import { begin, setMode } from './bench.ts';
import { all, discover, type Flow, type Point, survive } from './crash.ts';

const cluster = useCluster();

/** The whole cross product instead of the part that fits into minutes. */
const FULL = process.env.STRATUS_CRASH_FULL === '1';

const PATCH_COMMIT: Flow = {
  name: 'patch and commit',
  object: 'settings',
  run: async (server, bench) => {
    const transaction = await begin(server, bench);
    await setMode(server, bench, 'slow', { transaction });
    await server.call('transaction_commit', { transaction });
  },
};

const PATCH_ABORT: Flow = {
  name: 'patch and abort',
  object: 'settings',
  run: async (server, bench) => {
    const transaction = await begin(server, bench);
    await setMode(server, bench, 'slow', { transaction });
    await server.call('transaction_abort', { transaction, reason: 'test' });
  },
};

const DELETE_ABORT: Flow = {
  name: 'delete and abort',
  object: 'settings',
  recreates: true,
  run: async (server, bench) => {
    const { namespace } = bench;
    const transaction = await begin(server, bench);
    const target = { kind: 'ConfigMap', name: 'settings', namespace };
    await server.call('mitigate_delete', { ...target, transaction, reason: 'test' });
    await server.call('transaction_abort', { transaction, reason: 'test' });
  },
};

const CREATE_ABORT: Flow = {
  name: 'create and abort',
  object: 'fresh',
  run: async (server, bench) => {
    const transaction = await begin(server, bench);
    const manifest = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fresh","namespace":"${bench.namespace}"},"data":{"a":"b"}}`;
    await server.call('mitigate_apply', { mode: 'create', manifest, transaction, reason: 'test' });
    await server.call('transaction_abort', { transaction, reason: 'test' });
  },
};

/** From the first write on: before it the flows are the same. */
function fromTheWriteOn(points: readonly Point[]): Point[] {
  return points.slice(points.indexOf('journal.addStep.before:1'));
}

const some = (points: readonly Point[], ...names: string[]) =>
  FULL ? [...points] : points.filter((point) => names.some((name) => point.startsWith(name)));

async function everywhere(flow: Flow, choose: (points: Point[]) => Point[]): Promise<void> {
  const points = await discover(cluster, flow);
  expect(points).toContain('cluster.send.after:1');
  await all(choose(points).map((point) => () => survive(cluster, flow, point)));
}

test('a patch that commits: killed at each boundary', { timeout: 900_000 }, async () => {
  await everywhere(PATCH_COMMIT, (points) => points);
});

test('a patch that is taken back: killed at each boundary', { timeout: 900_000 }, async () => {
  await everywhere(PATCH_ABORT, (points) =>
    points.slice(points.indexOf('journal.move.ABORTING.before:1')),
  );
});

test('a delete that is taken back: killed around its requests', { timeout: 900_000 }, async () => {
  await everywhere(DELETE_ABORT, (points) =>
    some(fromTheWriteOn(points), 'cluster.', 'journal.moveStep.UNDO_APPLIED'),
  );
});

test('a create that is taken back: killed around its requests', { timeout: 900_000 }, async () => {
  await everywhere(CREATE_ABORT, (points) => some(fromTheWriteOn(points), 'cluster.'));
});

test('killed again during the recovery', { timeout: 900_000 }, async () => {
  const pairs: [Flow, Point, Point[]][] = [
    [PATCH_ABORT, 'cluster.send.before:1', ['cluster.fence.before:1', 'cluster.fence.after:1']],
    [PATCH_ABORT, 'cluster.send.before:1', ['cluster.fence.after:1', 'cluster.undo.after:1']],
    [PATCH_ABORT, 'cluster.send.after:1', ['journal.adopt.after:1', 'cluster.undo.before:1']],
    [PATCH_ABORT, 'cluster.send.after:1', ['cluster.undo.after:1', 'cluster.ownership.after:1']],
    [DELETE_ABORT, 'cluster.send.after:1', ['cluster.undo.after:1', 'cluster.ownership.before:1']],
    [PATCH_COMMIT, 'journal.move.COMMIT_DECIDED.after:1', ['journal.move.COMMITTED.before:1']],
  ];
  await all(
    pairs.map(
      ([flow, ...points]) =>
        () =>
          survive(cluster, flow, ...points),
    ),
  );
});
