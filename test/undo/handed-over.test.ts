import { beforeAll, expect, test } from 'vitest';
import { at, type JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { make, quota } from './barred.ts';
import { CALLER, type Change, expectRestored, mustRead, read, useBench, writeAs } from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('handed-over');
});

const ref = (kind: string, name: string, place = namespace): ObjectRef => {
  const apiVersion = kind === 'Deployment' ? 'apps/v1' : 'v1';
  return { apiVersion, kind, namespace: place, name };
};
const merge = (patch: JsonObject): Change => ({ verb: 'patch', patchType: 'merge', patch });
const creating = (object: ObjectRef, fields: JsonObject): Change => {
  return { verb: 'create', manifest: full(fields, object) };
};
const served = (nodePort: JsonObject = {}): JsonObject => ({
  spec: { type: 'NodePort', ports: [{ port: 80, ...nodePort }] },
});
const portOf = (object: JsonObject) => at(object, 'spec', 'ports', 0, 'nodePort') ?? 0;
const running = (app: string, from?: string): JsonObject => {
  const envFrom = from === undefined ? [] : [{ configMapRef: { name: from } }];
  return {
    spec: {
      replicas: 0,
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: { containers: [{ name: 'web', image: 'local/web:1', envFrom }] },
      },
    },
  };
};

test('a node port that one Service handed to a new one comes back to it', async () => {
  const [blue, green] = [ref('Service', 'blue'), ref('Service', 'green')];
  const before = await make(cluster, blue, served());
  const nodePort = portOf(before);
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, blue, merge({ spec: { type: 'ClusterIP' } }));
  await bench.step(transaction, green, creating(green, served({ nodePort })));
  await bench.aborted(transaction);
  expectRestored(before, await read(cluster, blue));
  expect(await read(cluster, green)).toBeUndefined();
});

test('the room in a quota that an object handed to a new one comes back to it', async () => {
  const place = await cluster.namespace('handed-room');
  const [web, green] = [ref('Service', 'web', place), ref('Service', 'green', place)];
  const before = await make(cluster, web, served());
  await quota(cluster, place, { 'services.nodeports': '1' });
  const transaction = await bench.begun(place);
  await bench.step(transaction, web, merge({ spec: { type: 'ClusterIP' } }));
  const workload = ref('Deployment', 'green', place);
  await bench.step(transaction, workload, creating(workload, running('green')));
  await cluster.waitFor('the room to be counted free', async () => {
    const { status } = await mustRead(cluster, ref('ResourceQuota', 'bound', place));
    return at(status, 'used', 'services.nodeports') === '0';
  });
  await bench.step(transaction, green, creating(green, served()));
  await bench.aborted(transaction);
  expectRestored(before, await read(cluster, web));
  expect(await read(cluster, workload)).toBeUndefined();
});

test('what is kept for an object keeps what it uses itself', async () => {
  const front = ref('Service', 'front');
  const [workload, settings] = [ref('Deployment', 'behind'), ref('ConfigMap', 'its')];
  const selecting = (selector: JsonObject) => ({ spec: { selector } });
  await make(cluster, front, { spec: { ports: [{ port: 80 }], selector: { app: 'old' } } });
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, settings, creating(settings, { data: { mode: 'ours' } }));
  await bench.step(transaction, workload, creating(workload, running('behind', 'its')));
  await bench.step(transaction, front, merge(selecting({ app: 'behind' })));
  await writeAs(cluster, 'kubectl-edit', front, 'merge', selecting({ app: 'else' }));

  const { undo } = await bench.abort(transaction);
  const stateOf = (kind: string) => undo.objects.find((one) => one.object.kind === kind);
  expect(stateOf('Service')).toMatchObject({ state: 'UNDO_CONFLICT' });
  expect(stateOf('Deployment')?.how).toContain(`kept for Service ${namespace}/front`);
  expect(stateOf('ConfigMap')?.how).toContain(`kept for Deployment ${namespace}/behind`);
  expect(await read(cluster, settings)).toBeDefined();

  await writeAs(cluster, 'kubectl-edit', front, 'merge', selecting({ app: 'behind' }));
  await bench.aborted(transaction);
  expect(await read(cluster, workload)).toBeUndefined();
  expect(await read(cluster, settings)).toBeUndefined();
});

/** A Deployment that our change made use a ConfigMap of ours, and that somebody else changed at the same place. */
async function edited(name: string, ours: JsonObject, theirs: JsonObject) {
  const web = ref('Deployment', name);
  const settings = ref('ConfigMap', `${name}-uses`);
  await make(cluster, web, running(name));
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, settings, creating(settings, { data: { mode: 'ours' } }));
  const using = (more: JsonObject): JsonObject => {
    const envFrom = [{ configMapRef: { name: settings.name } }];
    return { template: { spec: { containers: [{ name: 'web', envFrom, ...more }] } } };
  };
  const patch = { spec: { ...using({}), ...ours } };
  await bench.step(transaction, web, { verb: 'patch', patchType: 'strategic', patch });
  await writeAs(cluster, 'kubectl-edit', web, 'merge', { spec: theirs });
  await bench.abort(transaction);
  const keepTheirs = () =>
    bench.engine.abort(transaction, 'decided', CALLER, {
      how: 'keep_theirs',
      byPerson: true,
      note: 'looked at it',
    });
  return { transaction, settings, keepTheirs };
}

test('what an object uses that a person left as it is stays with it', async () => {
  const containers = [
    {
      name: 'web',
      image: 'local/web:1',
      envFrom: [{ configMapRef: { name: 'decided-uses', optional: true } }],
    },
  ];
  const theirs = { template: { spec: { containers } } };
  const { transaction, settings, keepTheirs } = await edited('decided', {}, theirs);
  const { undo } = await keepTheirs();
  const how = expect.stringContaining(`kept for Deployment ${namespace}/decided`);
  expect(undo.objects).toContainEqual(expect.objectContaining({ how }));
  // Nor does it go because that is tried again.
  const again = await bench.abort(transaction);
  expect(again.undo.objects).toMatchObject([{ object: { kind: 'ConfigMap' }, how }]);
  expect(await read(cluster, settings)).toBeDefined();
});

test('what an object does not use any more goes, whatever else of it a person left as it is', async () => {
  const { settings, keepTheirs } = await edited('elsewhere', { replicas: 1 }, { replicas: 2 });
  const { undo, transaction: view } = await keepTheirs();
  expect(undo.complete).toBe(true);
  expect(view.state).toBe('ABORTED');
  expect(await read(cluster, settings)).toBeUndefined();
});
