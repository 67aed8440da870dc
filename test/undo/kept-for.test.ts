import { beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import type { ObjectRef } from '../../src/core/kube.ts';
import { useCluster } from '../cluster/index.ts';
import { createAs, read, useBench, writeAs } from './bench.ts';
import { full } from './kinds.ts';

const cluster = useCluster();
const bench = useBench(cluster);

let namespace = '';

beforeAll(async () => {
  namespace = await cluster.namespace('kept-for');
});

const settings = (name: string): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  namespace,
  name,
});
const deployment = (name: string): ObjectRef => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace,
  name,
});
const specOf = (app: string, from?: string): JsonObject => ({
  spec: {
    replicas: 0,
    selector: { matchLabels: { app } },
    template: {
      metadata: { labels: { app } },
      spec: {
        containers: [
          {
            name: 'web',
            image: 'local/web:1',
            ...(from === undefined ? {} : { envFrom: [{ configMapRef: { name: from } }] }),
          },
        ],
      },
    },
  },
});
const using = (name: string, optional?: boolean): JsonObject => ({
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'web', envFrom: [{ configMapRef: { name, ...(optional && { optional }) } }] },
        ],
      },
    },
  },
});

async function created(transaction: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    const ref = settings(name);
    const manifest = full({ data: { mode: 'ours' } }, ref);
    await bench.step(transaction, ref, { verb: 'create', manifest });
  }
}

test('what was created for an object that is in conflict stays as long as that is', async () => {
  const web = deployment('web');
  await createAs(cluster, 'kubectl-create', web, full(specOf('web'), web));
  const transaction = await bench.begun(namespace);
  await created(transaction, 'used', 'unused');
  const patch = using('used');
  await bench.step(transaction, web, { verb: 'patch', patchType: 'strategic', patch });
  // Somebody else goes on with what we had set: what it is to be is a question for a person.
  const theirs = using('used', true);
  await writeAs(cluster, 'kubectl-edit', web, 'strategic', theirs);

  const { undo, transaction: view } = await bench.abort(transaction);
  expect(view.state).toBe('ABORT_INCOMPLETE');
  expect(undo.objects.find(({ object }) => object.name === 'web')?.state).toBe('UNDO_CONFLICT');
  expect(undo.objects.find(({ object }) => object.name === 'used')).toMatchObject({
    state: 'UNDO_IMPOSSIBLE',
    how: expect.stringContaining(`kept for Deployment ${namespace}/web`),
  });
  expect(await read(cluster, settings('used'))).toBeDefined();
  expect(await read(cluster, settings('unused'))).toBeUndefined();

  await writeAs(cluster, 'kubectl-edit', web, 'strategic', using('used'));
  await bench.aborted(transaction);
  expect(await read(cluster, settings('used'))).toBeUndefined();
});

test('what was created for an object whose restore is refused stays as long as that is', async () => {
  const api = deployment('api');
  await createAs(cluster, 'kubectl-create', api, full(specOf('api'), api));
  const transaction = await bench.begun(namespace);
  await created(transaction, 'api-used', 'api-unused');
  const patch = using('api-used');
  await bench.step(transaction, api, { verb: 'patch', patchType: 'strategic', patch });
  const name = `${namespace}-no`;
  const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
  const meta = { apiVersion: 'admissionregistration.k8s.io/v1', metadata: { name } };
  await cluster.apply([
    {
      ...meta,
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['apps'],
              apiVersions: ['v1'],
              operations: ['UPDATE'],
              resources: ['deployments'],
            },
          ],
        },
        validations: [{ expression: 'false', message: 'not now' }],
      },
    },
    {
      ...meta,
      kind: 'ValidatingAdmissionPolicyBinding',
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        matchResources: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        },
      },
    },
  ]);
  const url = `/apis/apps/v1/namespaces/${namespace}/deployments/api?dryRun=All`;
  const answered = (status: number) =>
    cluster.waitFor(`a write to be answered ${status}`, async () => {
      const body = { metadata: { annotations: { probe: 'x' } } };
      return (await cluster.request('PATCH', url, body, { allow: [422] })).status === status;
    });
  const remove = async () => {
    for (const path of [`${policies.replace(/ies$/, 'ybindings')}/${name}`, `${policies}/${name}`])
      await cluster.request('DELETE', path, undefined, { allow: [404] });
  };
  try {
    await answered(422);
    const { undo } = await bench.abort(transaction);
    expect(undo.objects.find(({ object }) => object.name === 'api-used')).toMatchObject({
      state: 'UNDO_IMPOSSIBLE',
      how: expect.stringContaining(`kept for Deployment ${namespace}/api`),
    });
    expect(await read(cluster, settings('api-used'))).toBeDefined();
    expect(await read(cluster, settings('api-unused'))).toBeUndefined();
  } finally {
    await remove();
  }
  await answered(200);
  await bench.aborted(transaction);
  expect(await read(cluster, settings('api-used'))).toBeUndefined();
});
