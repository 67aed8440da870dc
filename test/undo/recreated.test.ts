import { randomBytes } from 'node:crypto';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { API_SERVER_GROUPS } from '../../src/core/api-groups.ts';
import { at, objectsOf } from '../../src/core/json.ts';
import { useCluster } from '../cluster/index.ts';
import { customKind } from './again.ts';
import { createAs, expectRestored, mustRead, useBench } from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('recreated');
});

test('a status that is no subresource is data, and comes back with the object', async () => {
  const kind = await customKind(cluster, namespace, {});
  const status = { phase: 'Bound', secret: 'db-1' };
  const { ref, before } = await kind.make('claim', { spec: { size: 1 }, status });
  expect(before.status).toEqual(status);
  const transaction = await bench.begun(namespace, [ref]);
  await bench.step(transaction, ref, { verb: 'delete' });
  await bench.aborted(transaction);
  const after = await mustRead(cluster, ref);
  expect(after.metadata.uid).not.toBe(before.metadata.uid);
  expect(after.status).toEqual(status);
  expect(after.spec).toEqual(before.spec);
});

test('a route of the Gateway API is a custom resource, for all its k8s.io', async () => {
  const kind = await customKind(cluster, namespace, {
    group: 'gateway.networking.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'https://example.com/approved' },
    version: { subresources: { status: {} } },
  });
  const { ref, before } = await kind.make('route', { spec: { hostnames: ['old.example.com'] } });
  const transaction = await bench.begun(namespace);
  const patch = { spec: { hostnames: ['new.example.com'] } };
  await bench.step(transaction, ref, { verb: 'patch', patchType: 'merge', patch });
  expect((await mustRead(cluster, ref)).spec).toEqual(patch.spec);
  await bench.aborted(transaction);
  expectRestored(before, await mustRead(cluster, ref));
});

test('every group that the API server itself serves is known as such', async () => {
  const path = '/apis/apiregistration.k8s.io/v1/apiservices';
  const selector = 'labelSelector=kube-aggregator.kubernetes.io/automanaged%3Donstart';
  const { json } = await cluster.request('GET', `${path}?${selector}`);
  const served = objectsOf(json.items).map((one) => `${at(one, 'spec', 'group') ?? ''}`);
  expect(served).toContain('apps');
  expect(served.filter((name) => !API_SERVER_GROUPS.includes(name))).toEqual([]);
});

/** Mutating admission that adds a key to the data of what is created under one name. */
async function injects(resource: string, name: string): Promise<void> {
  const policy = `inject-${randomBytes(4).toString('hex')}`;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  await cluster.apply([
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name: policy },
      spec: {
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: [resource] },
          ],
        },
        matchConditions: [
          { name: 'name', expression: `object.metadata.name.startsWith("${name}")` },
        ],
        mutations: [
          {
            patchType: 'JSONPatch',
            jsonPatch: {
              expression: '[JSONPatch{op: "replace", path: "/data/mode", value: "aW5qZWN0ZWQ="}]',
            },
          },
        ],
      },
    },
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name: policy },
      spec: { policyName: policy },
    },
  ]);
  onTestFinished(async () => {
    for (const kind of ['mutatingadmissionpolicybindings', 'mutatingadmissionpolicies'])
      await cluster.request('DELETE', `/apis/${apiVersion}/${kind}/${policy}`);
  });
  const probe = { apiVersion: 'v1', kind: resource === 'secrets' ? 'Secret' : 'ConfigMap' };
  await cluster.waitFor('the admission policy', async () => {
    const manifest = { ...probe, metadata: { name: `${name}-probe` }, data: { mode: 'b2xk' } };
    const path = `/api/v1/namespaces/${namespace}/${resource}?dryRun=All`;
    const { text } = await cluster.request('POST', path, manifest);
    return text.includes('aW5qZWN0ZWQ=');
  });
}

test.each([
  ['ConfigMap', 'configmaps'],
  ['Secret', 'secrets'],
])(
  'a %s that admission changes as it is created again is not called the same',
  async (kind, resource) => {
    const ref = { apiVersion: 'v1', kind, namespace, name: `injected-${resource}` };
    await createAs(
      cluster,
      'kubectl-create',
      ref,
      full({ data: { mode: 'b2xk', other: 'eA==' } }, ref),
    );
    await injects(resource, ref.name);
    const transaction = await bench.begun(namespace, [ref]);
    await bench.step(transaction, ref, { verb: 'delete' });
    const { undo } = await bench.abort(transaction);
    expect(undo.objects).toMatchObject([
      {
        state: 'UNDONE',
        how: 'created again, but not with the same spec',
        residual: ['uid and creationTimestamp are new', 'Admission changed it at data.mode.'],
      },
    ]);
    expect((await mustRead(cluster, ref)).data).toEqual({ mode: 'aW5qZWN0ZWQ=', other: 'eA==' });
  },
);
