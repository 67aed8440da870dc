import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import { WATCHED_KINDS } from '../../src/severity/kinds.ts';
import { doctor } from '../cli/doctor-run.ts';
import { type ControlPlane, requireControlPlane, startControlPlane } from '../cluster/index.ts';
import { metricsApi } from '../cluster/metrics-api.ts';
import { type Bench, kill, openBench } from '../recovery/bench.ts';
import { temporaryFolder } from '../server/support.ts';
import type { Assistant } from '../story/client.ts';
import { rightArguments } from '../tools/right-arguments.ts';
import { accountKubeconfig, allowed, auditingFlags, forbidden, usedGrants } from './identity.ts';
import { grantsOf, manifestsOf } from './manifests.ts';
import { CHANGED, objectOf } from './objects.ts';

requireControlPlane();

// Its own: its audit log has to tell every read of this identity.
let cluster: ControlPlane;
let bench: Bench;
let server: Assistant;
let namespace: string;
let kubeconfig: string;

const FILES = [
  'observe.yaml',
  'mitigate.yaml',
  'mitigate-nodes.yaml',
  'secrets.yaml',
  'lease.yaml',
];
const LEASE = { STRATUS_LEASE: 'kube-system/stratus-mcp' };

beforeAll(async () => {
  cluster = await startControlPlane({ nodes: 1, apiServerFlags: auditingFlags() });
  bench = await openBench(cluster, 'team');
  namespace = bench.namespace;
  for (const file of FILES) await cluster.apply(manifestsOf(file, namespace));
  await cluster.apply(metricsApi());
  await cluster.apply([
    { ...objectOf('apps/deployments', 'web', namespace) },
    { ...objectOf('/services', 'web', namespace) },
    ...Object.keys(CHANGED).map((grant) => objectOf(grant, 'there', namespace)),
  ]);
  await cluster.request('PATCH', `/apis/apps/v1/namespaces/${namespace}/deployments/web`, {
    spec: { replicas: 1 },
  });
  await cluster.waitFor('the Deployment', async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    return at((await cluster.request('GET', path)).json, 'status', 'readyReplicas') === 1;
  });
  kubeconfig = await accountKubeconfig(cluster, namespace);
  server = await bench.start(LEASE, kubeconfig);
});
afterAll(async () => {
  if (server !== undefined) await kill(server);
  bench?.remove();
  await cluster?.stop();
});

async function call(tool: string, args: JsonObject): Promise<JsonObject> {
  const { isError, data, text } = await server.call(tool, args);
  expect(isError, `${tool} ${JSON.stringify(args)}: ${text}`).toBe(false);
  return data;
}

/** Changes inside a transaction that is then taken back. */
async function tried(...commands: [tool: string, args: JsonObject][]): Promise<void> {
  const within = { namespaces: [namespace, '*'], reason: 'test' };
  const transaction = String((await call('transaction_begin', within)).transaction);
  for (const [tool, args] of commands) await call(tool, { ...args, transaction, reason: 'test' });
  const { undo } = await call('transaction_abort', { transaction, reason: 'test' });
  const objects = objectsOf(at(undo, 'objects'));
  expect(
    objects.filter(({ state }) => state !== 'UNDONE'),
    JSON.stringify(commands),
  ).toEqual([]);
  expect(objects.length).toBeGreaterThan(0);
}

test('every tool works with these roles', { timeout: 300_000 }, async () => {
  for (const { name: tool } of (await server.client.listTools()).tools) {
    const right = rightArguments(tool, namespace);
    if (right === undefined) throw new Error(`${tool} is missing in right-arguments.ts`);
    const handle = right.transaction ?? right.incident;
    const alone = handle === undefined && tool !== 'transaction_begin';
    if (alone) await call(tool, right);
  }
  const { transaction } = await call('transaction_begin', {
    namespaces: [namespace],
    reason: 'test',
  });
  const { incident } = await call('incident_open', { title: 'test', namespaces: [namespace] });
  await call('incident_update', { incident: String(incident), phase: 'diagnosis' });
  const handle = { transaction: String(transaction), reason: 'test' };
  const change = { kind: 'ConfigMap', name: 'settings', namespace, patch: { data: { a: 'b' } } };
  await call('mitigate_patch', { ...change, ...handle });
  await call('undo_last', handle);
  await call('mitigate_patch', { ...change, ...handle });
  await call('transaction_commit', { transaction: handle.transaction });
  await call('undo_transaction', handle);
});

/** Never deleted by a tool; a delete takes back what one made. */
const ONE_WAY = ['batch/jobs', '/pods'];

test('every kind that may be changed: made, changed, deleted, and each taken back', {
  timeout: 600_000,
}, async () => {
  for (const grant of Object.keys(CHANGED)) {
    const { kind, ...fresh } = objectOf(grant, 'fresh', namespace);
    const target = { kind: kind as string, name: 'there', namespace };
    await tried(
      ['mitigate_set_metadata', { ...target, labels: { 'example.com/a': 'b' } }],
      ['mitigate_apply', { manifest: stringify({ kind, ...fresh }), namespace, mode: 'create' }],
    );
    if (!ONE_WAY.includes(grant)) await tried(['mitigate_delete', target]);
  }
});

test('nodes: cordoned, tainted and drained', { timeout: 120_000 }, async () => {
  await tried(['mitigate_node', { name: 'node-1', action: 'cordon' }]);
  await tried(['mitigate_drain', { name: 'node-1', timeout_seconds: 60 }]);
});

test('reading: every kind of the role, by get and by list', { timeout: 120_000 }, async () => {
  for (const grant of grantsOf(manifestsOf('observe.yaml'))) {
    const [, verb, group, plural] = /^(get|list) ([^/]*)\/(\w+)$/.exec(grant) ?? [];
    if (verb === undefined || plural === undefined || group === 'metrics.k8s.io') continue;
    const kind = group === '' ? plural : `${plural}.${group}`;
    const spread = { kind, all_namespaces: true };
    const listed = verb === 'list' ? await server.call('observe_list', spread) : undefined;
    if (listed?.isError) await call('observe_list', { kind });
    // Whether there is one of that name or not: it is asked for.
    if (verb === 'get') await server.call('observe_get', { kind, name: 'web', namespace });
  }
  await call('observe_capacity', {});
  await call('observe_capacity', { namespace });
  await call('observe_health', { all_namespaces: true });
});

test('a large collection is followed by a watch', { timeout: 120_000 }, async () => {
  const budget = (n: number) => ({
    metadata: { name: `many-${n}` },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: `many-${n}` } } },
  });
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
  await Promise.all(
    Array.from({ length: 260 }, (_, n) => cluster.request('POST', path, budget(n))),
  );
  await call('observe_health', { all_namespaces: true });
  await call('observe_health', { all_namespaces: true });
});

test('the doctor finds nothing to say against these roles', { timeout: 120_000 }, async () => {
  const found = await doctor(temporaryFolder(), { KUBECONFIG: kubeconfig }, namespace);
  for (const area of ['observe', 'nodes', 'transactions', 'identity', 'lease', 'fence', 'roles']) {
    expect(found.of(area), area).toMatch(/^ok: /);
  }
  expect(found.of('mitigate')).toMatch(/^ok: [^\n]*$/);
});

/** Kinds that mitigate_delete looks through for dependents, if it may: those it can't see are orphaned, never lost. */
const LOOKED_THROUGH = [
  '/podtemplates',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/roles',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/resourceclaimtemplates',
  'storage.k8s.io/csistoragecapacities',
].map((kind) => `list ${kind}`);

/** Kinds other than workloads: without it only what somebody writes to one while it is being deleted is not brought back. */
const LAST_MOMENTS = [
  '/configmaps',
  '/limitranges',
  '/secrets',
  'networking.k8s.io/networkpolicies',
].map((kind) => `watch ${kind}`);

test('no tool was refused what it needs', () => {
  const spared = [...LOOKED_THROUGH, ...LAST_MOMENTS];
  expect(forbidden(cluster).filter((grant) => !spared.includes(grant))).toEqual([]);
});

/** Granted although nothing above asked for it, and why. */
function unusedBecause(grant: string): string | undefined {
  // Which of them grow so large differs from cluster to cluster.
  if (WATCHED.includes(grant)) return 'a collection of 250 objects or more is watched';
  return undefined;
}
const WATCHED = WATCHED_KINDS.map(({ group, plural }) => `watch ${group}/${plural}`);

test('nothing is granted that no tool uses', () => {
  const used = usedGrants(cluster);
  const granted = FILES.flatMap((file) => grantsOf(manifestsOf(file)));
  const unused = granted.filter((grant) => !used.has(grant) && !unusedBecause(grant));
  expect(unused).toEqual([]);
  expect(used).toContain('watch policy/poddisruptionbudgets');
  expect(granted.filter((grant) => grant.startsWith('watch ')).sort()).toEqual(WATCHED.toSorted());
  expect(new Set(granted).size, 'a grant stands in two files').toBe(granted.length);
});

test('what would give the identity more, or go around the tools, is denied', async () => {
  const asked = (
    verb: string,
    group: string,
    resource: string,
    more: Record<string, string> = {},
  ) => allowed(cluster, { verb, group, resource, namespace, ...more });
  const rbac = 'rbac.authorization.k8s.io';
  const denied: [string, string, string, Record<string, string>?][] = [
    ['create', '', 'pods', { subresource: 'exec' }],
    ['get', '', 'pods', { subresource: 'exec' }],
    ['create', '', 'pods', { subresource: 'attach' }],
    ['create', '', 'pods', { subresource: 'portforward' }],
    ['patch', '', 'pods', { subresource: 'ephemeralcontainers' }],
    ['update', 'apps', 'deployments', { subresource: 'status' }],
    ['deletecollection', '', 'pods'],
    ['create', '', 'serviceaccounts'],
    ['create', '', 'serviceaccounts', { subresource: 'token' }],
    ['impersonate', '', 'users'],
    ['impersonate', '', 'serviceaccounts'],
    ['escalate', rbac, 'roles'],
    ['bind', rbac, 'clusterroles'],
    ['create', rbac, 'rolebindings'],
    ['get', rbac, 'roles'],
    ['delete', '', 'nodes'],
    ['get', '', 'nodes', { subresource: 'proxy' }],
    ['update', '', 'nodes', { subresource: 'status' }],
    ['delete', '', 'namespaces'],
    ['patch', '', 'persistentvolumes'],
    ['approve', 'certificates.k8s.io', 'signers'],
    ['create', 'coordination.k8s.io', 'leases', { namespace: 'kube-system' }],
    ['delete', 'coordination.k8s.io', 'leases', { namespace: 'kube-system', name: 'stratus-mcp' }],
    ['update', 'coordination.k8s.io', 'leases', { namespace: 'kube-system', name: 'other' }],
    ['delete', 'admissionregistration.k8s.io', 'validatingadmissionpolicybindings'],
    // Another namespace than the one that was opened.
    ['patch', 'apps', 'deployments', { namespace: 'default' }],
    ['get', '', 'secrets', { namespace: 'default' }],
    ['list', '', 'secrets', { namespace: 'kube-system' }],
    ['*', '*', '*'],
  ];
  const open = [];
  for (const one of denied) if (await asked(...one)) open.push(one.join(' '));
  expect(open).toEqual([]);
});

test('observing alone: it sees, no Secret, and changes nothing', async () => {
  for (const file of FILES.slice(1)) {
    for (const { apiVersion, kind, metadata } of manifestsOf(file, namespace)) {
      if (kind === 'Lease') continue;
      const plural = `${String(kind).toLowerCase()}s`;
      const inside = String(kind).startsWith('Cluster')
        ? ''
        : `/namespaces/${at(metadata, 'namespace')}`;
      await cluster.request(
        'DELETE',
        `/apis/${apiVersion}${inside}/${plural}/${at(metadata, 'name')}`,
      );
    }
  }
  await cluster.waitFor(
    'the roles to be gone',
    async () =>
      !(await allowed(cluster, { verb: 'get', group: '', resource: 'secrets', namespace })),
  );
  await call('observe_health', { all_namespaces: true });
  const secret = await server.call('observe_get', { kind: 'Secret', name: 'there', namespace });
  expect(secret.isError).toBe(true);
  expect(secret.text).toMatch(/forbidden/);
  const change = { kind: 'ConfigMap', name: 'settings', namespace, patch: { data: { a: 'b' } } };
  const plan = await server.call('mitigate_patch', { ...change, reason: 'test', dry_run: true });
  expect(plan.text).toMatch(/forbidden/);
});
