import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { at, type JsonObject, objectsOf, stringOf } from '../../src/core/json.ts';
import { doctor } from '../cli/doctor-run.ts';
import {
  type ControlPlane,
  readAuditLog,
  requireControlPlane,
  startControlPlane,
} from '../cluster/index.ts';
import {
  type Bench,
  begin,
  expectNoMarks,
  expectUntouched,
  kill,
  openBench,
  setMode,
} from '../recovery/bench.ts';
import { temporaryFolder } from '../server/support.ts';
import type { Assistant } from '../story/client.ts';
import { ACCOUNT, accountKubeconfig } from './identity.ts';
import { manifestsOf } from './manifests.ts';

requireControlPlane();

// Its own: the fence binds the one identity of deploy/observe.yaml in the whole cluster.
let cluster: ControlPlane;
let bench: Bench;
let kubeconfig: string;
const started: Assistant[] = [];

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/stratus-mcp';
const FENCED = { STRATUS_FENCE: 'true', STRATUS_LEASE: 'kube-system/stratus-mcp' };

beforeAll(async () => {
  cluster = await startControlPlane();
  bench = await openBench(cluster, 'fenced');
  for (const file of ['observe', 'mitigate', 'lease', 'fence']) {
    await cluster.apply(manifestsOf(`${file}.yaml`, bench.namespace));
  }
  kubeconfig = await accountKubeconfig(cluster, bench.namespace);
});
afterAll(async () => {
  for (const server of started) await kill(server);
  bench?.remove();
  await cluster?.stop();
});

async function start(env: Readonly<Record<string, string>> = FENCED): Promise<Assistant> {
  const server = await bench.start(env, kubeconfig);
  started.push(server);
  return server;
}

async function epoch(): Promise<number> {
  const { json } = await cluster.request('GET', LEASE);
  return Number(at(json, 'spec', 'leaseTransitions'));
}

async function managers(): Promise<string[]> {
  const object = await bench.configMap('settings');
  return objectsOf(object?.metadata.managedFields).map(({ manager }) => stringOf(manager) ?? '');
}

const manifest = (data: JsonObject) =>
  stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data });

test('a server with the setting writes, applies over its earlier epochs, and takes all of it back', async () => {
  const before = await bench.configMap('settings');
  const server = await start();
  const commit = async (
    change: (transaction: string) => Promise<{ isError: boolean; text: string }>,
  ) => {
    const transaction = await begin(server, bench);
    const changed = await change(transaction);
    expect(changed.isError, changed.text).toBe(false);
    const { text, data } = await server.call('transaction_commit', { transaction });
    expect(data, text).toMatchObject({ status: 'committed' });
    return transaction;
  };
  const apply = (data: JsonObject) => (transaction: string) =>
    server.call('mitigate_apply', {
      manifest: manifest(data),
      namespace: bench.namespace,
      reason: 'test',
      transaction,
    });

  const first = await commit((transaction) => setMode(server, bench, 'slow', { transaction }));
  const ours = `stratus-e${await epoch()}`;
  expect(await managers()).toContain(ours);
  const second = await commit(apply({ mode: 'medium', more: 'x' }));
  expect(await managers()).toContain(`stratus-e${await epoch()}`);
  const third = await commit(apply({ mode: 'low', more: 'w' }));
  expect((await bench.configMap('settings'))?.data).toMatchObject({ mode: 'low', more: 'w' });

  for (const transaction of [third, second, first]) {
    const { text, isError } = await server.call('undo_transaction', {
      transaction,
      reason: 'test',
    });
    expect(isError, text).toBe(false);
  }
  expectUntouched(await bench.configMap('settings'), before);
  await expectNoMarks(bench);
  await kill(server);
});

test('creates and deletes are taken back under the fence too, and plans need no Lease', async () => {
  const server = await start();
  const before = await bench.configMap('settings');
  const plan = await setMode(server, bench, 'slow', { dry_run: true });
  expect(plan.isError, plan.text).toBe(false);
  const transaction = await begin(server, bench);
  const fresh = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fresh}\ndata: {}';
  const more = { namespace: bench.namespace, reason: 'test', transaction };
  const made = await server.call('mitigate_apply', { manifest: fresh, ...more });
  expect(made.isError, made.text).toBe(false);
  const gone = await server.call('mitigate_delete', { kind: 'ConfigMap', name: 'other', ...more });
  expect(gone.isError, gone.text).toBe(false);
  const { data, text } = await server.call('transaction_abort', { transaction, reason: 'test' });
  expect(at(data, 'undo', 'complete'), text).toBe(true);
  expect(await bench.configMap('fresh')).toBeUndefined();
  expect(await bench.configMap('other')).toBeDefined();
  expectUntouched(await bench.configMap('settings'), before);
  await kill(server);
});

test('a server that died in the middle is taken back by the next, under an epoch of its own', async () => {
  const before = await bench.configMap('settings');
  const server = await start();
  const transaction = await begin(server, bench);
  await setMode(server, bench, 'broken', { transaction });
  const dead = await epoch();
  await kill(server);
  const next = await start();
  await cluster.waitFor('the recovery', async () => {
    const { data } = await next.call('transaction_status', { open: true });
    return data.total === 0;
  });
  expect(await epoch()).toBeGreaterThan(dead);
  expectUntouched(await bench.configMap('settings'), before);
  await expectNoMarks(bench);
  await kill(next);
});

test('the doctor tells whether setting and policy fit', async () => {
  const look = async (more: Readonly<Record<string, string>>) => {
    const variables = { KUBECONFIG: kubeconfig, ...FENCED, ...more };
    return await doctor(temporaryFolder(), variables, bench.namespace);
  };
  const fits = await look({});
  expect(fits.of('fence')).toMatch(/^ok: on: stratus-mcp-fence refuses other epochs/);
  expect(fits.of('lease')).toMatch(/^ok: kube-system\/stratus-mcp is held by nobody; epoch \d+/);
  expect((await look({ STRATUS_FENCE: 'false' })).of('fence')).toMatch(
    /^fail: off, but stratus-mcp-fence binds this identity: every write is refused/,
  );
  const elsewhere = await look({ STRATUS_LEASE: 'kube-system/other' });
  expect(elsewhere.of('lease')).toMatch(/^fail: may not get and update kube-system\/other/);
  expect(elsewhere.of('fence')).toContain('compares with the Lease kube-system/stratus-mcp');
  expect((await look({ STRATUS_LEASE: 'off' })).of('lease')).toMatch(/^warn: off: /);
  const admin = await look({ KUBECONFIG: cluster.kubeconfig() });
  expect(admin.of('fence')).toMatch(
    /^warn: the admission policy is for another identity than admin/,
  );
});

test('without the setting every write is refused, in words that say why', async () => {
  const server = await start({ STRATUS_LEASE: FENCED.STRATUS_LEASE });
  const before = await bench.configMap('settings');
  const transaction = await begin(server, bench);
  const { isError, text } = await setMode(server, bench, 'slow', { transaction });
  expect(isError).toBe(true);
  expect(text).toContain('stale writer');
  await server.call('transaction_abort', { transaction, reason: 'test' });
  expectUntouched(await bench.configMap('settings'), before);
  await kill(server);
});

test('what the fence let through was of the epoch of its time, as the API server tells', () => {
  const uris = readAuditLog(cluster)
    .filter(
      ({ user, code, resource }) => user === ACCOUNT && code < 300 && resource === 'configmaps',
    )
    .map(({ requestUri }) => requestUri)
    .filter((uri) => !uri.includes('dryRun=All'));
  const signed = uris.map((uri) =>
    Number(/fieldManager=stratus-(?:undo-)?e(\d+)/.exec(uri)?.[1] ?? Number.NaN),
  );
  const numbered = signed.filter((one) => !Number.isNaN(one));
  expect(numbered.length).toBeGreaterThan(5);
  expect(numbered).toEqual([...numbered].sort((a, b) => a - b));
});
