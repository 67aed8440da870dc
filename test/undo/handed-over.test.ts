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

test('what an object uses that a person left as it is stays with it', async () => {
  const web = ref('Deployment', 'decided');
  const settings = ref('ConfigMap', 'decided-uses');
  await make(cluster, web, running('decided'));
  const transaction = await bench.begun(namespace);
  await bench.step(transaction, settings, creating(settings, { data: { mode: 'ours' } }));
  const using = (optional?: boolean): JsonObject => {
    const configMapRef = { name: settings.name, ...(optional && { optional }) };
    const containers = [{ name: 'web', envFrom: [{ configMapRef }] }];
    return { spec: { template: { spec: { containers } } } };
  };
  await bench.step(transaction, web, { verb: 'patch', patchType: 'strategic', patch: using() });
  await writeAs(cluster, 'kubectl-edit', web, 'strategic', using(true));
  await bench.abort(transaction);
  const { undo } = await bench.engine.abort(transaction, 'decided', CALLER, {
    how: 'keep_theirs',
    byPerson: true,
    note: 'looked at it',
  });
  expect(undo.objects.find(({ object }) => object.kind === 'ConfigMap')?.how).toContain(
    `kept for Deployment ${namespace}/decided`,
  );
  expect(await read(cluster, settings)).toBeDefined();
});
