import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { at, type JsonObject, objectsOf } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { type Bench, begin, kill, openBench } from '../recovery/bench.ts';
import type { Assistant } from '../story/client.ts';
import { expectRefused } from './teaches.ts';

const cluster = useCluster();
let bench: Bench;
let server: Assistant;
let before: string[];

beforeAll(async () => {
  bench = await openBench(cluster, 'refused');
  const { namespace } = bench;
  const names = ['frozen', 'careful'];
  const size = { storage: '1Gi' };
  await cluster.apply([
    ...names.map((name) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace },
      data: { mode: 'fast' },
    })),
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `${namespace}-data` },
      spec: {
        capacity: size,
        accessModes: ['ReadWriteOnce'],
        storageClassName: '',
        hostPath: { path: '/var/lib/data' },
        // A volume that is kept lets its claim come back.
        persistentVolumeReclaimPolicy: 'Delete',
        claimRef: { namespace, name: 'data' },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: '',
        volumeName: `${namespace}-data`,
        resources: { requests: size },
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'web', image: 'local/web:1' }] },
        },
      },
    },
  ]);
  await cluster.waitFor('the Deployment to be observed', async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    const { json } = await cluster.request('GET', path);
    return at(json, 'status', 'observedGeneration') === 1;
  });
  await cluster.waitFor('the claim to be bound', async () => {
    const path = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/data`;
    return at((await cluster.request('GET', path)).json, 'status', 'phase') === 'Bound';
  });
  server = await bench.start();
});

afterAll(async () => {
  if (server !== undefined) await kill(server);
  bench?.remove();
});

/** Each object of the namespace with its resourceVersion: not even a no-op write goes unseen. */
async function versions(): Promise<string[]> {
  const { namespace } = bench;
  const lists = await Promise.all(
    ['configmaps', 'secrets', 'services', 'pods', 'persistentvolumeclaims', 'events']
      .map((plural) => `/api/v1/namespaces/${namespace}/${plural}`)
      .concat(
        ['deployments', 'replicasets'].map(
          (plural) => `/apis/apps/v1/namespaces/${namespace}/${plural}`,
        ),
        [`/api/v1/namespaces?fieldSelector=metadata.name%3D${namespace}`],
      )
      .map(async (path) => objectsOf(at((await cluster.request('GET', path)).json, 'items'))),
  );
  return lists
    .flat()
    .map(({ metadata }) => `${at(metadata, 'name')}@${at(metadata, 'resourceVersion')}`)
    .sort();
}

beforeEach(async () => {
  before = await versions();
});
afterEach(async () => {
  expect(await versions()).toEqual(before);
});

const patch = (name: string): [string, JsonObject] => [
  'mitigate_patch',
  { kind: 'ConfigMap', name, patch: { data: { mode: 'slow' } } },
];
const manifests = (count: number) =>
  Array.from(
    { length: count },
    (_, i) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: new-${i}}\n`,
  ).join('---\n');

const REFUSED: [what: string, call: [string, JsonObject], code: ErrorCode, rule: string][] = [
  ['what a rule refuses', patch('frozen'), 'policy_refused', 'never-touch-frozen'],
  ['what a person has to approve', patch('careful'), 'approval_required', 'ask-for-careful'],
  [
    'more replicas than the bound',
    ['mitigate_scale', { name: 'web', replicas: 6 }],
    'bound_exceeded',
    'bounds.replicas',
  ],
  [
    'a larger step in replicas than the bound',
    ['mitigate_scale', { name: 'web', replicas: 4 }],
    'bound_exceeded',
    'bounds.replicaChange',
  ],
  [
    'more objects than the bound',
    ['mitigate_apply', { mode: 'create', manifest: manifests(4) }],
    'bound_exceeded',
    'bounds.objects',
  ],
  [
    'the delete of a claim, on which data hangs',
    ['mitigate_delete', { kind: 'pvc', name: 'data' }],
    'irreversible',
    'A2 faithful undo',
  ],
  [
    'the delete of a namespace',
    ['mitigate_delete', { kind: 'Namespace', name: 'OURS', namespace: undefined }],
    'irreversible',
    'A2 faithful undo',
  ],
];

for (const [what, [tool, args], code, rule] of REFUSED) {
  test(`refused: ${what}`, { timeout: 60_000 }, async () => {
    const { namespace } = bench;
    const all = { namespace, reason: 'test', ...args };
    const ours = args.name === 'OURS' ? { ...all, name: namespace } : all;
    expectRefused(await server.call(tool, ours), code, rule);

    // In a transaction it is refused as well, and the transaction can go on.
    const scope = args.name === 'OURS' ? ['*'] : [namespace];
    const opened = await server.call('transaction_begin', { reason: 'test', namespaces: scope });
    const transaction = String(opened.data.transaction);
    expectRefused(await server.call(tool, { ...ours, transaction }), code, rule);
    const status = await server.call('transaction_status', { transaction });
    expect(status.data).toMatchObject({ state: 'OPEN', steps: [] });
    await server.call('transaction_abort', { transaction, reason: 'test' });
  });
}

test('an ask is shown by a dry run, so that a person can be asked', async () => {
  const [tool, args] = patch('careful');
  const { namespace } = bench;
  const answer = await server.call(tool, { ...args, namespace, reason: 'test', dry_run: true });
  expect(answer.data, answer.text).toMatchObject({ status: 'planned' });
  expect(answer.text).toContain('ask (ask-for-careful)');
  expect(String(answer.data.next)).toContain('approval');
});

test('a dry run of each kind of change writes nothing', async () => {
  const { namespace } = bench;
  const calls: [string, JsonObject][] = [
    patch('settings'),
    ['mitigate_delete', { kind: 'ConfigMap', name: 'settings' }],
    ['mitigate_apply', { mode: 'create', manifest: manifests(2) }],
    [
      'mitigate_apply',
      {
        manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {new: value}',
      },
    ],
    ['mitigate_scale', { name: 'web', replicas: 2 }],
    ['mitigate_set_container', { name: 'web', image: 'local/web:2' }],
    ['mitigate_set_container', { name: 'web', env: { set: [{ name: 'MODE', value: 'slow' }] } }],
    ['mitigate_rollout', { name: 'web', action: 'restart' }],
    ['mitigate_set_metadata', { kind: 'ConfigMap', name: 'settings', labels: { a: 'b' } }],
    ['mitigate_set_metadata', { kind: 'ConfigMap', name: 'settings', annotations: { a: 'b' } }],
  ];
  for (const [tool, args] of calls) {
    const answer = await server.call(tool, { namespace, reason: 'test', dry_run: true, ...args });
    expect(answer.data.status, `${tool}: ${answer.text}`).toBe('planned');
  }
  expect(bench.rows().filter(({ state }) => state === 'OPEN')).toEqual([]);
});

test('what is outside of the transaction’s namespaces is refused', async () => {
  const transaction = await begin(server, bench);
  const [tool, args] = patch('kube-root-ca.crt');
  const answer = await server.call(tool, {
    ...args,
    namespace: 'default',
    transaction,
    reason: 'test',
  });
  expectRefused(answer, 'invalid_arguments', 'scope of the transaction');
  expect(answer.text).toContain('transaction_begin with "default"');
  await server.call('transaction_abort', { transaction, reason: 'test' });
});

test('a manifest, an argument, a tool, a handle that are wrong', async () => {
  const { namespace } = bench;
  const reason = 'test';
  const broken = await server.call('mitigate_apply', {
    manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\ndata: {}',
    namespace,
    reason,
  });
  expectRefused(broken, 'invalid_manifest');
  expect(broken.text).toMatch(/at line \d+, column \d+/);

  const unknownField = await server.call('mitigate_apply', {
    manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndatta: {}',
    namespace,
    reason,
  });
  expectRefused(unknownField, 'dry_run_rejected');
  expect(unknownField.text).toContain('datta');

  const unknownKind = await server.call('mitigate_delete', {
    kind: 'Deploiment',
    name: 'x',
    reason,
  });
  expectRefused(unknownKind, 'unknown_resource');
  expectRefused(await server.call('no_such_tool', {}), 'invalid_arguments');
  expectRefused(await server.call('observe_health', { namespac: 'x' }), 'invalid_arguments');
  const two = { namespace, name: 'web', replicas: 'two', reason };
  expectRefused(await server.call('mitigate_scale', two), 'invalid_arguments');
  for (const [tool, more] of [
    ['transaction_commit', {}],
    ['transaction_abort', { reason }],
    ['undo_transaction', { reason }],
    ['undo_last', { reason }],
  ] as const) {
    const answer = await server.call(tool, { transaction: 'txn-999', ...more });
    expectRefused(answer, 'transaction_not_found');
  }
});

test('a second transaction beside an open one', async () => {
  const transaction = await begin(server, bench);
  const namespaces = [bench.namespace];
  const second = await server.call('transaction_begin', { reason: 'test', namespaces });
  expectRefused(second, 'writer_busy', 'A1 writer exclusivity');
  expect(second.text).toContain(`transaction "${transaction}"`);
  await server.call('transaction_abort', { transaction, reason: 'test' });
});
